package io.waymark.trace.product;

import io.quarkus.hibernate.orm.panache.PanacheEntityBase;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;

/** What a GTIN stands for, and the temperature limits its maker declares. */
@Entity
@Table(schema = "trace", name = "trade_item")
public class TradeItem extends PanacheEntityBase {
    @Id
    public String gtin;

    @Column(name = "tenant_id", nullable = false, updatable = false)
    public String tenantId;

    @Column(nullable = false)
    public String name;

    public String description;
    public String category;
    public String kind;

    @Column(name = "min_centi_celsius")
    public Integer minCentiCelsius;

    @Column(name = "max_centi_celsius")
    public Integer maxCentiCelsius;

    @Column(name = "max_minutes_outside")
    public Integer maxMinutesOutside;
}
