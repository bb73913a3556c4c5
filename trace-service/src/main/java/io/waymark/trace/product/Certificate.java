package io.waymark.trace.product;

import io.quarkus.hibernate.orm.panache.PanacheEntityBase;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.LocalDate;

/** A certificate the maker shows for a trade item or one lot of it. {@code evidenced}: a document is named; {@code verified}: its issuer was asked. */
@Entity
@Table(schema = "trace", name = "certificate")
public class Certificate extends PanacheEntityBase {
    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    public Long id;

    @Column(name = "tenant_id", nullable = false, updatable = false)
    public String tenantId;

    @Column(nullable = false)
    public String gtin;

    /** Empty = every batch. */
    @Column(nullable = false)
    public String lot;

    @Column(nullable = false)
    public String name;

    @Column(nullable = false)
    public String issuer;

    @Column(name = "valid_until")
    public LocalDate validUntil;

    /** SHA-256 of the document, lower-case hex. */
    public String digest;

    @Column(nullable = false)
    public String kind;
}
