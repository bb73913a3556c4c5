package io.waymark.web.console;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.qute.TemplateInstance;
import io.quarkus.security.identity.SecurityIdentity;
import io.vertx.core.http.HttpServerRequest;
import io.waymark.web.edge.Html;
import io.waymark.web.upstream.Answer;
import io.waymark.web.upstream.Page;
import io.waymark.web.upstream.Trace;
import io.waymark.web.upstream.UpstreamUnavailable;
import io.waymark.web.upstream.WebConfig;
import jakarta.inject.Singleton;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.core.Response;
import java.net.URI;
import java.time.Duration;
import java.util.List;

/**
 * What all console pages stand on: the person, the lists of trace-service under that person's session, and forms that cannot be forged.
 * A session that ended meanwhile is {@link SessionEnded}; what trace-service does not know is {@link NothingToShow}.
 */
@Singleton
public class Desk {
    /** Rows of a page of a list. */
    static final int ROWS = 50;

    /** Rows in the largest page that trace-service gives. */
    static final int MOST_ROWS = 500;

    /** trace-service brings larger offsets into its range, and would repeat its last page for ever. */
    private static final int LAST_PAGE = 1_000_000 / ROWS - 1;

    private final Trace trace;
    private final SecurityIdentity identity;
    private final Html html;
    private final Duration patience;

    Desk(Trace trace, SecurityIdentity identity, Html html, WebConfig config) {
        this.patience = config.timeout().multipliedBy(4);
        this.trace = trace;
        this.identity = identity;
        this.html = html;
    }

    /** The longest that the calls for one page may take together, where a page needs many: somebody waits for it. */
    Duration patience() {
        return patience;
    }

    /** @param page the entry of the navigation that is open */
    Person who(String page) {
        return Person.of(identity, page);
    }

    Response show(int status, TemplateInstance page) {
        return html.console(status, page);
    }

    /** The form, if it was sent from a page of this session; else {@link ForgedForm}. */
    Form verified(HttpServerRequest request, MultivaluedMap<String, String> posted) {
        LoginResource.verify(request, identity, posted.getFirst("csrf"));
        return Form.of(posted);
    }

    /** The number of a page as it stands in the address: absent is 0; what is no page number is {@link NothingToShow}, 400. */
    static int number(String page) {
        return (int) number("page", page, 0, LAST_PAGE);
    }

    static long number(String name, String value, long otherwise, long most) {
        if (value == null) {
            return otherwise;
        }
        if (!value.matches("[0-9]{1,18}") || Long.parseLong(value) > most) {
            throw NothingToShow.badParameter(name + " is a whole number from 0 to " + most + ".");
        }
        return Long.parseLong(value);
    }

    /** One page of a list. A full page costs a second question: whether one more row follows. */
    Page page(String path, int number, int size) {
        List<JsonNode> rows = rows(path, number, size);
        boolean more =
                rows.size() >= size && !rows(path, (number + 1) * size, 1).isEmpty();
        return new Page(rows, number, more);
    }

    List<JsonNode> rows(String path, int number, int size) {
        return Page.rows(read(path + "?page=" + number + "&size=" + size));
    }

    JsonNode read(String path) {
        Answer answer = alive(trace.read(token(), path));
        if (answer.status() == 404 || answer.status() == 400) {
            throw NothingToShow.missing();
        }
        if (!answer.ok()) {
            throw new UpstreamUnavailable(
                    "trace-service refused " + path.replaceAll("\\?.*", "") + " with " + answer.status());
        }
        return answer.json();
    }

    Answer write(String path, Object json) {
        return alive(trace.write(token(), path, json));
    }

    Answer delete(String path) {
        return alive(trace.remove(token(), path));
    }

    /** Of the person's session, for services beside trace-service. */
    String token() {
        return identity.getAttribute(Person.TOKEN);
    }

    private static Answer alive(Answer answer) {
        if (answer.status() == 401) {
            throw new SessionEnded();
        }
        return answer;
    }

    /** A member as text; empty when it is absent, null, or no plain value. */
    static String text(JsonNode node, String member) {
        JsonNode value = node.path(member);
        return value.isValueNode() && !value.isNull() ? value.asText() : "";
    }

    static Response seeOther(String path) {
        return Response.seeOther(URI.create(path)).build();
    }
}
