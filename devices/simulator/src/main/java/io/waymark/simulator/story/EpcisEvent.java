package io.waymark.simulator.story;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.waymark.evidence.message.CustodyStep.PublicSummary;
import io.waymark.simulator.organisation.Organisation.Item;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The EPCIS 2.0 event that a step carries for those who may see all of it (JSON-LD, one event, no document around it). */
final class EpcisEvent {
    private static final ObjectMapper JSON = new ObjectMapper();

    private EpcisEvent() {}

    /** UTF-8 bytes of an ObjectEvent, or of an AggregationEvent when the summary names a parent. */
    static byte[] of(PublicSummary summary, List<Item> items, String place) {
        List<String> uris = items.stream().map(Item::uri).toList();
        Map<String, Object> event = new LinkedHashMap<>();
        boolean packs = summary.parent() != null && summary.bizStep().equals("packing");
        event.put("@context", List.of("https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"));
        event.put("type", packs ? "AggregationEvent" : "ObjectEvent");
        event.put("eventTime", Instant.ofEpochMilli(summary.timeMillis()).toString());
        event.put("eventTimeZoneOffset", "+00:00");
        if (packs) {
            event.put("parentID", summary.parent());
            event.put("childEPCs", uris);
        } else {
            event.put("epcList", uris);
        }
        event.put("action", packs || summary.bizStep().equals("commissioning") ? "ADD" : "OBSERVE");
        event.put("bizStep", summary.bizStep());
        if (summary.disposition() != null) event.put("disposition", summary.disposition());
        event.put("readPoint", Map.of("id", "urn:waymark:place:" + place));
        try {
            return JSON.writeValueAsBytes(event);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a map of strings did not become JSON", e);
        }
    }
}
