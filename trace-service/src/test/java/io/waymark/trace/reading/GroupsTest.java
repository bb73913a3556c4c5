package io.waymark.trace.reading;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.waymark.trace.ledger.BusyException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class GroupsTest {
    private static final String FIRST = "first";

    private final CountDownLatch entered = new CountDownLatch(2);
    private final CountDownLatch go = new CountDownLatch(1);
    private final List<List<String>> stored = new CopyOnWriteArrayList<>();
    private final ExecutorService callers = Executors.newCachedThreadPool();
    private final Groups<Word, String> groups = new Groups<>("test", this::store);

    private static final class Word extends Groups.Member<String> {
        final String text;
        final int size;

        Word(String text, int size) {
            this.text = text;
            this.size = size;
        }

        @Override
        int size() {
            return size;
        }
    }

    private List<String> store(List<Word> group) {
        List<String> words = group.stream().map(w -> w.text).toList();
        if (words.contains(FIRST)) {
            entered.countDown();
            await(go);
        }
        stored.add(words);
        if (words.contains("bad")) {
            throw new IllegalArgumentException("bad");
        }
        if (words.contains("busy")) {
            throw new BusyException("busy");
        }
        return words.stream().map(w -> w + "!").toList();
    }

    @AfterEach
    void close() {
        go.countDown();
        callers.shutdownNow();
        groups.close();
    }

    @Test
    void oneAloneDoesNotWait() {
        go.countDown();
        assertEquals("a!", groups.store(new Word("a", 1)));
        assertEquals(List.of(List.of("a")), stored);
    }

    @Test
    void whatWaitsIsStoredTogetherAndEachHasItsOwnAnswer() throws Exception {
        occupy();
        List<Future<String>> answers = ask("a", "b", "c", "d");
        go.countDown();
        assertEquals(List.of("a!", "b!", "c!", "d!"), all(answers));
        assertEquals(4, stored.stream().mapToInt(List::size).max().orElseThrow());
        assertEquals(3, stored.size(), "the two that came first, and one group");
    }

    @Test
    void aBadOneFailsAlone() throws Exception {
        occupy();
        List<Future<String>> answers = ask("a", "bad", "c");
        go.countDown();
        assertEquals("a!", answers.get(0).get(10, TimeUnit.SECONDS));
        assertEquals("c!", answers.get(2).get(10, TimeUnit.SECONDS));
        ExecutionException failed =
                assertThrows(ExecutionException.class, () -> answers.get(1).get(10, TimeUnit.SECONDS));
        assertInstanceOf(IllegalArgumentException.class, failed.getCause());
    }

    @Test
    void theLedgersOwnTroubleIsToldToAllAtOnce() throws Exception {
        occupy();
        List<Future<String>> answers = ask("a", "busy", "c");
        go.countDown();
        for (Future<String> answer : answers) {
            ExecutionException failed = assertThrows(ExecutionException.class, () -> answer.get(10, TimeUnit.SECONDS));
            assertInstanceOf(BusyException.class, failed.getCause());
        }
        assertEquals(3, stored.size(), "nobody was tried alone");
    }

    @Test
    void aGroupIsBoundedAndNothingIsLeftBehind() throws Exception {
        occupy();
        List<Future<String>> answers = new ArrayList<>();
        for (int i = 0; i < 7; i++) {
            answers.add(submit(new Word("w" + i, Groups.MOST / 3)));
            waiting(i + 1);
        }
        answers.add(submit(new Word("large", 2 * Groups.MOST)));
        waiting(8);
        go.countDown();
        assertEquals(List.of("w0!", "w1!", "w2!", "w3!", "w4!", "w5!", "w6!", "large!"), all(answers));
        assertTrue(stored.stream().allMatch(group -> group.size() <= 3), stored.toString());
        assertTrue(stored.contains(List.of("large")), stored.toString());
    }

    @Test
    void whoWaitsWhenItClosesIsToldToTryAgain() throws Exception {
        occupy();
        List<Future<String>> answers = ask("a", "b");
        Future<?> closing = callers.submit(groups::close);
        while (true) {
            try {
                callers.submit(() -> groups.store(new Word("late", 1))).get(10, TimeUnit.MILLISECONDS);
            } catch (java.util.concurrent.TimeoutException e) {
                continue; // not closed yet: it waits with the others
            } catch (ExecutionException e) {
                assertInstanceOf(BusyException.class, e.getCause());
                break;
            }
        }
        go.countDown();
        closing.get(30, TimeUnit.SECONDS);
        for (Future<String> answer : answers) {
            ExecutionException failed = assertThrows(ExecutionException.class, () -> answer.get(10, TimeUnit.SECONDS));
            assertInstanceOf(BusyException.class, failed.getCause());
        }
    }

    /** Both threads are at work when this returns, until {@code go}. */
    private void occupy() throws InterruptedException {
        submit(new Word(FIRST, 1));
        submit(new Word(FIRST, 2 * Groups.MOST)); // too large to join the other
        assertTrue(entered.await(10, TimeUnit.SECONDS));
    }

    private List<Future<String>> ask(String... words) throws InterruptedException {
        List<Future<String>> answers = new ArrayList<>();
        for (String word : words) {
            answers.add(submit(new Word(word, 1)));
            waiting(answers.size());
        }
        return answers;
    }

    private Future<String> submit(Word word) {
        return callers.submit(() -> groups.store(word));
    }

    private void waiting(int count) throws InterruptedException {
        for (int i = 0; groups.waiting() != count; i++) {
            assertTrue(i < 10_000, groups.waiting() + " wait, not " + count);
            Thread.sleep(1);
        }
    }

    private static List<String> all(List<Future<String>> answers) throws Exception {
        List<String> all = new ArrayList<>();
        for (Future<String> answer : answers) {
            all.add(answer.get(10, TimeUnit.SECONDS));
        }
        return all;
    }

    private static void await(CountDownLatch latch) {
        try {
            assertTrue(latch.await(30, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
