package io.waymark.trace.batch;

import io.quarkus.hibernate.orm.panache.PanacheEntityBase;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.IdClass;
import jakarta.persistence.Table;
import java.io.Serializable;
import java.time.Instant;
import java.time.LocalDate;

/** Units of a trade item made under the same conditions. */
@Entity
@Table(schema = "trace", name = "batch")
@IdClass(Batch.Key.class)
public class Batch extends PanacheEntityBase {
    @Id
    public String gtin;

    @Id
    public String lot;

    @Column(name = "tenant_id", nullable = false, updatable = false)
    public String tenantId;

    @Column(name = "produced_at")
    public Instant producedAt;

    /** Best before; the day itself is still good. */
    public LocalDate expiry;

    public Long quantity;
    public String origin;

    /** Primary key. */
    public static class Key implements Serializable {
        private static final long serialVersionUID = 1L;
        public String gtin;
        public String lot;

        public Key() {}

        public Key(String gtin, String lot) {
            this.gtin = gtin;
            this.lot = lot;
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Key k && k.gtin.equals(gtin) && k.lot.equals(lot);
        }

        @Override
        public int hashCode() {
            return 31 * gtin.hashCode() + lot.hashCode();
        }
    }
}
