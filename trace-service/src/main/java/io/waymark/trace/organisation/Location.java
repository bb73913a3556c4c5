package io.waymark.trace.organisation;

import io.quarkus.hibernate.orm.panache.PanacheEntityBase;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.IdClass;
import jakarta.persistence.Table;
import java.io.Serializable;

/** A place an organisation knows by an id of its own (a GLN or any name). Row-level security shows only the own ones. */
@Entity
@Table(schema = "trace", name = "location")
@IdClass(Location.Key.class)
public class Location extends PanacheEntityBase {
    @Id
    @Column(name = "tenant_id")
    public String tenantId;

    @Id
    public String id;

    @Column(nullable = false)
    public String name;

    public Double lat;
    public Double lon;
    public String kind;

    /** Primary key. */
    public static class Key implements Serializable {
        private static final long serialVersionUID = 1L;
        public String tenantId;
        public String id;

        public Key() {}

        public Key(String tenantId, String id) {
            this.tenantId = tenantId;
            this.id = id;
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Key k && k.tenantId.equals(tenantId) && k.id.equals(id);
        }

        @Override
        public int hashCode() {
            return 31 * tenantId.hashCode() + id.hashCode();
        }
    }
}
