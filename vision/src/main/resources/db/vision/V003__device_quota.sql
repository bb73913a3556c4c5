-- What a device has announced in the last day (waymark.vision.max-device-bytes-per-day).
CREATE INDEX device_image_of_device ON vision.device_image (tenant_id, device, created_at) INCLUDE (bytes);
