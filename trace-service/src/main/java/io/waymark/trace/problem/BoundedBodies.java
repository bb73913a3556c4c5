package io.waymark.trace.problem;

import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.UriInfo;
import jakarta.ws.rs.ext.Provider;
import jakarta.ws.rs.ext.ReaderInterceptor;
import jakarta.ws.rs.ext.ReaderInterceptorContext;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Ends the reading of a body that came without its length once it is longer than {@link LargestBody} allows: 413, as with a length. */
@Provider
public class BoundedBodies implements ReaderInterceptor {
    private final LargestBody largest;

    @Context
    UriInfo uri;

    BoundedBodies(LargestBody largest) {
        this.largest = largest;
    }

    @Override
    public Object aroundReadFrom(ReaderInterceptorContext body) throws IOException {
        if (!OurPaths.holds(uri.getPath())) {
            return body.proceed();
        }
        Bounded bounded = new Bounded(body.getInputStream(), largest.bytes());
        body.setInputStream(bounded);
        try {
            return body.proceed();
        } catch (IOException | RuntimeException e) {
            // Whatever the reader of the body made of it.
            if (bounded.left < 0) {
                throw Problem.ofStatus(413);
            }
            throw e;
        }
    }

    private static final class Bounded extends FilterInputStream {
        private long left;

        Bounded(InputStream in, long most) {
            super(in);
            this.left = most;
        }

        @Override
        public int read() throws IOException {
            int read = in.read();
            return read < 0 ? read : counted(1, read);
        }

        @Override
        public int read(byte[] bytes, int from, int length) throws IOException {
            int read = in.read(bytes, from, length);
            return read < 0 ? read : counted(read, read);
        }

        @Override
        public void close() throws IOException {
            // Closing reads the rest, however long that is, and the server then answers in our place.
            if (left >= 0) {
                in.close();
            }
        }

        private int counted(int bytes, int result) throws IOException {
            left -= bytes;
            if (left < 0) {
                throw new IOException("the body is longer than allowed");
            }
            return result;
        }
    }
}
