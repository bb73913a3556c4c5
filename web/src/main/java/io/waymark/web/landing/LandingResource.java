package io.waymark.web.landing;

import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.waymark.web.edge.Html;
import io.waymark.web.label.DigitalLink;
import io.waymark.web.label.MalformedLink;
import io.waymark.web.upstream.Trace;
import io.waymark.web.upstream.UpstreamUnavailable;
import io.waymark.web.upstream.WebConfig;
import io.waymark.web.words.Said;
import jakarta.annotation.security.PermitAll;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Response;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jboss.logging.Logger;

/** {@code GET /}; with {@code ?code=} it leads to the passport page of what was typed, or says what is wrong with it. */
@Path("/")
@PermitAll
public class LandingResource {
    private static final Logger LOG = Logger.getLogger(LandingResource.class);

    private final Trace trace;
    private final boolean demo;
    private final Html html;

    LandingResource(Trace trace, WebConfig config, Html html) {
        this.trace = trace;
        this.demo = config.demo();
        this.html = html;
    }

    @CheckedTemplate(basePath = "web")
    static class Templates {
        static native TemplateInstance landing(String code, String error, boolean demo, List<Item> items);

        private Templates() {}
    }

    /** A demonstration item that can be opened: its path as printed. */
    public record Item(String path, String name, String state) {}

    @GET
    public Response landing(@QueryParam("code") String code) {
        if (code == null) {
            return html.page(200, Templates.landing("", "", demo, items()));
        }
        try {
            return Response.seeOther(
                            URI.create(asIssued(DigitalLink.ofTyped(code)).path()))
                    .build();
        } catch (MalformedLink e) {
            return html.page(400, Templates.landing(code, e.getMessage(), demo, items()));
        }
    }

    /** Our serials are upper case, people type lower case: when only the case keeps a code from being known, the code as it was issued. */
    private DigitalLink asIssued(DigitalLink typed) {
        if (typed.serial() == null) {
            return typed;
        }
        String upper = typed.serial().toUpperCase(Locale.ROOT);
        String lot = typed.lot() == null ? "" : typed.lot();
        boolean lower = !upper.equals(typed.serial()) || !lot.equals(lot.toUpperCase(Locale.ROOT));
        if (!lower) {
            return typed;
        }
        return issued(typed)
                .or(() -> issued(new DigitalLink(typed.gtin(), typed.variant(), typed.lot(), upper)))
                .orElse(typed);
    }

    /** The code with its lot as issued; empty when the code is unknown or its lot is another one. */
    private Optional<DigitalLink> issued(DigitalLink link) {
        return trace.passport(link.canonicalUri())
                .filter(p -> link.lot() == null || p.lot() == null || link.lot().equalsIgnoreCase(p.lot()))
                .map(p -> link.lot() == null || p.lot() == null
                        ? link
                        : new DigitalLink(link.gtin(), link.variant(), p.lot(), link.serial()));
    }

    private List<Item> items() {
        List<Item> items = new ArrayList<>();
        if (!demo) {
            return items;
        }
        List<Trace.DemoItem> found;
        try {
            found = trace.demoItems(12);
        } catch (UpstreamUnavailable e) {
            // The landing page is of use without the list; this is the edge that decides so, hence logs.
            LOG.warnf("demonstration items not listed: %s", e.getMessage());
            return items;
        }
        for (Trace.DemoItem item : found) {
            try {
                DigitalLink named = DigitalLink.ofTyped(item.uri());
                boolean lotMissing = named.lot() == null && item.lot().matches("[A-Za-z0-9._~-]{1,20}");
                DigitalLink printed = new DigitalLink(
                        named.gtin(), named.variant(), lotMissing ? item.lot() : named.lot(), named.serial());
                items.add(new Item(printed.path(), item.name(), Said.plain(item.state())));
            } catch (MalformedLink e) {
                LOG.debugf("demonstration item is no trade item: %s", item.uri());
            }
        }
        return items;
    }
}
