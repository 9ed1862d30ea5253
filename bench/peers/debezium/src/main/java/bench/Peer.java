package bench;

import io.debezium.embedded.Connect;
import io.debezium.engine.DebeziumEngine;
import io.debezium.engine.RecordChangeEvent;
import io.debezium.engine.format.ChangeEventFormat;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.connect.source.SourceRecord;

/**
 * Debezium's embedded engine in front of a full slot: takes its records, counts and drops them, and prints
 * one line of JSON. The clock runs from the end of the warm-up. Arguments: a properties file, then name=value.
 */
public final class Peer {
    private static final double TICKS_PER_SECOND = 100;

    private final long warmUp;
    private final long total;
    private final CountDownLatch done = new CountDownLatch(1);
    private long count;
    private long first = -1;
    private long beganNanos;
    private double beganCpu;

    private Peer(long warmUp, long total) {
        this.warmUp = warmUp;
        this.total = total;
    }

    public static void main(String[] arguments) throws Exception {
        Properties settings = new Properties();
        try (Reader reader = Files.newBufferedReader(Path.of(arguments[0]))) {
            settings.load(reader);
        }
        for (int at = 1; at < arguments.length; at += 1) {
            String[] pair = arguments[at].split("=", 2);
            settings.setProperty(pair[0], pair[1]);
        }
        long warmUp = Long.parseLong((String) settings.remove("bench.warmUp"));
        long total = Long.parseLong((String) settings.remove("bench.changes"));
        new Peer(warmUp, total).run(settings);
    }

    private void run(Properties settings) throws Exception {
        DebeziumEngine<RecordChangeEvent<SourceRecord>> engine = DebeziumEngine.create(ChangeEventFormat.of(Connect.class))
                .using(settings)
                .notifying(this::take)
                .using((success, message, error) -> {
                    if (!success) {
                        System.err.println("Debezium ended: " + message + " " + error);
                        System.exit(1);
                    }
                })
                .build();
        Thread thread = new Thread(engine);
        thread.setDaemon(true);
        thread.start();
        done.await();
        // The measurement is over; an orderly end would only wait for timers.
        Runtime.getRuntime().halt(0);
    }

    private void take(List<RecordChangeEvent<SourceRecord>> records, DebeziumEngine.RecordCommitter<RecordChangeEvent<SourceRecord>> committer)
            throws InterruptedException {
        for (RecordChangeEvent<SourceRecord> record : records) {
            if (record.record().value() != null) {
                count += 1;
            }
            committer.markProcessed(record);
        }
        committer.markBatchFinished();
        if (first < 0 && count >= warmUp) {
            first = count;
            beganNanos = System.nanoTime();
            beganCpu = cpuSeconds();
        } else if (first >= 0 && count >= total && done.getCount() > 0) {
            double seconds = (System.nanoTime() - beganNanos) / 1e9;
            System.out.printf("{\"changes\":%d,\"seconds\":%.6f,\"cpuSeconds\":%.2f,\"bytes\":0}%n", count - first, seconds, cpuSeconds() - beganCpu);
            System.out.flush();
            done.countDown();
        }
    }

    /** What the kernel says that this process has used, all its threads together: user and system time. */
    private static double cpuSeconds() {
        try {
            String stat = Files.readString(Path.of("/proc/self/stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / TICKS_PER_SECOND;
        } catch (IOException error) {
            throw new IllegalStateException(error);
        }
    }
}
