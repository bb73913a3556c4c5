package io.waymark.evidence.message;

import io.waymark.evidence.cbor.CborReader;
import io.waymark.evidence.cbor.MalformedException;
import io.waymark.evidence.cbor.MalformedException.Reason;

/** Refuses groups whose value is not what FORMAT.md §5 says; groups of keys it does not know pass as they are. */
final class GroupShape {
    private GroupShape() {}

    static void check(Group group) throws MalformedException {
        CborReader in = group.value();
        switch (group.key()) {
            case Reading.POSITION -> Reading.decodePosition(in);
            case Reading.ASSOCIATIONS -> Reading.decodeAssociations(in);
            case Reading.MEASUREMENTS -> Reading.decodeMeasurements(in);
            case Reading.SERIES -> Reading.decodeSeries(in);
            case Reading.IMAGES -> Reading.decodeImages(in);
            case Reading.CALIBRATION, 20, 31 -> in.bytes(32);
            case MessageType.NO_CONTENT -> in.nul();
            case CustodyStep.EVENT, 32, 40 -> in.bytes();
            case CustodyStep.OBJECTS -> CustodyStep.decodeObjects(in);
            case CustodyStep.SUMMARY -> CustodyStep.decodeSummary(in);
            case 21, 23, 30, 51, 61 -> in.unsigned();
            case 22 -> in.text();
            case 24 -> chunkDigests(in);
            case 25, 33 -> {
                in.array(2);
                in.unsigned();
                in.unsigned();
            }
            case 28 -> statement(in);
            case 41 -> in.bytes(64);
            case 50 -> gaps(in);
            case 60 -> in.bytes(16);
            default -> in.skip();
        }
        in.end();
    }

    private static void chunkDigests(CborReader in) throws MalformedException {
        int at = in.offset();
        int length = in.bytes().length;
        if (length == 0 || length % 32 != 0 || length / 32 > 512) {
            throw new MalformedException(Reason.WRONG_LENGTH, at, "chunk digests of " + length + " bytes");
        }
    }

    private static void statement(CborReader in) throws MalformedException {
        // [subject tstr, digest(32), ?uri tstr]
        int at = in.offset();
        int fields = in.array();
        if (fields != 2 && fields != 3) {
            throw new MalformedException(Reason.WRONG_LENGTH, at, "statement of " + fields);
        }
        in.text();
        in.bytes(32);
        if (fields == 3) {
            in.text();
        }
    }

    private static void gaps(CborReader in) throws MalformedException {
        int count = Reading.nonEmpty(in);
        for (int i = 0; i < count; i++) {
            GapDeclaration.decodeRange(in, 0);
        }
    }
}
