package io.waymark.web.edge;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.quarkus.qute.i18n.MessageBundles;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.HttpException;
import io.waymark.web.words.Words;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerResponseContext;
import jakarta.ws.rs.container.ContainerResponseFilter;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.Provider;
import java.lang.annotation.Annotation;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jboss.logging.Logger;

/**
 * Every refusal on the web's addresses that brings no page of its own gets one here, whoever refused: a resource, the framework, the server
 * below it, or a fault of ours. For readers that prefer JSON it is a problem. A fault is logged here with the number that the page shows.
 * Not by exception mappers: in the assembly a mapper of a framework exception would be every module's.
 */
@Provider
@Singleton
public class Refusals implements ContainerResponseFilter {
    private static final Logger LOG = Logger.getLogger(Refusals.class);
    private static final ObjectMapper JSON = new ObjectMapper();
    /** Before the framework's own failure handler, which is the last of all. */
    private static final int NEXT_TO_LAST = Integer.MAX_VALUE - 1;

    // The framework's readers of forms; both let the JDK's exceptions through.
    private static final List<String> PARSERS = List.of(
            "org.jboss.resteasy.reactive.server.core.multipart.",
            "org.jboss.resteasy.reactive.common.providers.serialisers.MapAsFormUrlEncodedProvider");

    private static final Pattern WISHES = Pattern.compile(".*/\\*|text/html|application/(problem\\+)?json");
    private static final Pattern WEIGHT = Pattern.compile("; *q *= *([01](?:\\.[0-9]{1,3})?) *(?:;|$)");

    private final Html html;

    Refusals(Html html) {
        this.html = html;
    }

    @CheckedTemplate(basePath = "web")
    static class Templates {
        static native TemplateInstance refused(String kind, String detail, boolean console);

        private Templates() {}
    }

    // OPEN: an address that is no URI ("/%zz") is refused below the router with an empty 400; only the JVM's property
    // vertx.disableURIValidation would let it come here.
    void register(@Observes Router router) {
        router.route().order(NEXT_TO_LAST).handler(this::unmatched).failureHandler(this::failed);
    }

    @Override
    public void filter(ContainerRequestContext request, ContainerResponseContext answer) {
        String path = "/" + request.getUriInfo().getPath().replaceFirst("^/+", "");
        int status = answer.getStatus();
        boolean empty = answer.getEntity() == null;
        if (status < 400 || !Territory.owns(path) || !empty && !(answer.getEntity() instanceof Refusal)) {
            return;
        }
        Refusal refusal = empty ? Refusal.of(Refusal.Kind.of(status)) : (Refusal) answer.getEntity();
        boolean json = prefersJson(request.getHeaderString("Accept"));
        Response made = response(status, refusal, json, path);
        made.getHeaders().forEach((name, values) -> answer.getHeaders().putSingle(name, values.get(0)));
        answer.setEntity(made.getEntity(), new Annotation[0], made.getMediaType());
    }

    private void unmatched(RoutingContext context) {
        if (Territory.owns(context.normalizedPath())) {
            send(context, 404, Refusal.of(Refusal.Kind.NO_SUCH_PAGE));
        } else {
            context.next();
        }
    }

    private void failed(RoutingContext context) {
        Throwable failure = context.failure();
        HttpServerResponse answer = context.response();
        // Who is not logged in is sent to the login by the framework's handler, which comes next.
        if (!Territory.owns(context.normalizedPath())
                || answer.headWritten()
                || answer.closed()
                || failure instanceof SecurityException) {
            context.next();
            return;
        }
        int status = failure instanceof HttpException http ? http.getStatusCode() : context.statusCode();
        if (failure != null && damagedForm(failure)) {
            send(context, 400, Refusal.of(Refusal.Kind.DAMAGED_FORM));
        } else if (status >= 400 && status < 500) {
            send(context, status, Refusal.of(Refusal.Kind.of(status)));
        } else {
            String number = UUID.randomUUID().toString().substring(0, 8);
            LOG.errorf(
                    failure, "%s %s failed, number %s", context.request().method(), context.normalizedPath(), number);
            send(context, status >= 500 ? status : 500, Refusal.of(Refusal.Kind.BROKEN, number));
        }
    }

    /** Ends the request with a refusal. For handlers below the framework. */
    void send(RoutingContext context, int status, Refusal refusal) {
        boolean json = prefersJson(context.request().getHeader("Accept"));
        Response made = response(status, refusal, json, context.request().path());
        HttpServerResponse answer = context.response().setStatusCode(status);
        made.getStringHeaders().forEach((name, values) -> answer.putHeader(name, values.get(0)));
        answer.end(Buffer.buffer((byte[]) made.getEntity()));
    }

    private Response response(int status, Refusal refusal, boolean json, String path) {
        if (json) {
            return Response.status(status)
                    .type("application/problem+json")
                    .entity(problem(status, refusal))
                    .header("Cache-Control", "no-store")
                    .build();
        }
        if (refusal.page() != null) {
            return html.console(status, refusal.page());
        }
        return html.page(
                status,
                Templates.refused(refusal.kind().name(), refusal.detail(), path != null && Territory.isConsole(path)));
    }

    private static byte[] problem(int status, Refusal refusal) {
        Words words = MessageBundles.get(Words.class);
        String kind = refusal.kind().name();
        Map<String, Object> problem = new LinkedHashMap<>();
        problem.put("type", "https://waymark.io/problems/" + refusal.kind().slug());
        problem.put("title", words.refused(kind));
        problem.put("status", status);
        problem.put(
                "detail",
                refusal.kind() == Refusal.Kind.BROKEN || refusal.detail().isEmpty()
                        ? words.refusedSays(kind, refusal.detail())
                        : refusal.detail());
        try {
            return JSON.writeValueAsBytes(problem);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a map of texts cannot be written", e);
        }
    }

    /**
     * Whether a reader wants JSON rather than a page: it names JSON before it names HTML or anything at all.
     *
     * @param accept the header, null when there is none
     */
    public static boolean prefersJson(String accept) {
        return Stream.of((accept == null ? "" : accept).toLowerCase(Locale.ROOT).split(","))
                .map(Refusals::wish)
                .filter(wish -> wish.weight > 0 && WISHES.matcher(wish.type).matches())
                .reduce((first, next) -> next.weight > first.weight ? next : first)
                .map(wish -> wish.type.endsWith("json"))
                .orElse(false);
    }

    private record Wish(String type, double weight) {}

    private static Wish wish(String part) {
        Matcher q = WEIGHT.matcher(part);
        return new Wish(part.replaceAll(";.*", "").strip(), q.find() ? Double.parseDouble(q.group(1)) : 1);
    }

    /** Whether the framework's form parser raised {@code e} over the body's bytes; any other exception is a fault of ours. */
    private static boolean damagedForm(Throwable e) {
        for (StackTraceElement at : e.getStackTrace()) {
            if (PARSERS.stream().anyMatch(at.getClassName()::startsWith)) {
                return true;
            }
        }
        return false;
    }
}
