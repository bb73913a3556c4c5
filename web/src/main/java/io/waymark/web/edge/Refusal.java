package io.waymark.web.edge;

import io.quarkus.qute.TemplateInstance;

/**
 * An answer that refuses. As the entity of a response it is written by {@link Refusals}: a page for people, a problem for programs.
 *
 * @param detail what exactly is wrong, for people; empty where the kind says it all
 * @param page   a console page to show instead of the public one; null for the public one
 */
public record Refusal(Kind kind, String detail, TemplateInstance page) {
    /** Why. Its sentences are in {@code Words}, found by these names; its problem type is the name in kebab-case. */
    public enum Kind {
        REFUSED_PATH(400),
        DAMAGED_FORM(400),
        BAD_PARAMETER(400),
        FOREIGN_FORM(403),
        NOT_ALLOWED(403),
        NO_SUCH_PAGE(404),
        WRONG_METHOD(405),
        NO_SUCH_FORMAT(406),
        TOO_LARGE(413),
        UNREADABLE_TYPE(415),
        BROKEN(500),
        UNAVAILABLE(503),
        REFUSED(400);

        private final int status;

        Kind(int status) {
            this.status = status;
        }

        public int status() {
            return status;
        }

        /** The last path segment of the problem's type. */
        String slug() {
            return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
        }

        /** The usual reason for a status that came without one; {@link #REFUSED} for those that are rare here. */
        static Kind of(int status) {
            for (Kind kind : values()) {
                if (kind.status == status && kind != DAMAGED_FORM && kind != BAD_PARAMETER && kind != FOREIGN_FORM) {
                    return kind;
                }
            }
            return status >= 500 ? BROKEN : REFUSED;
        }
    }

    public static Refusal of(Kind kind) {
        return new Refusal(kind, "", null);
    }

    public static Refusal of(Kind kind, String detail) {
        return new Refusal(kind, detail, null);
    }
}
