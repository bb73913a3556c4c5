package io.waymark.vision.intake;

/** These bytes will not become a picture here; the message is the reason, in words a user can act on. */
public class ImageRefusedException extends Exception {
    public ImageRefusedException(String reason) {
        super(reason);
    }

    public ImageRefusedException(String reason, Throwable cause) {
        super(reason, cause);
    }
}
