package bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.JobID;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.runtime.jobgraph.JobGraph;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.api.Table;
import org.apache.flink.table.api.TableDescriptor;
import org.apache.flink.table.api.TableException;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.api.bridge.java.StreamStatementSet;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;

/**
 * One query of Nexmark on Flink SQL, in a cluster within this process: first a job whose result is summed up, then
 * the same job again and again without; the first of these warm up. Prints one line of JSON.
 * Arguments, as name=value: settings, tables, query (paths), file, folder, parallelism, warmUpSeconds, rounds.
 */
public final class FlinkPeer {
    private static final int WARM_UPS_MIN = 3;
    /** The kernel counts it in hundredths of a second. */
    private static final double ROUND_CPU_SECONDS = 1;
    private static final int ROUND_JOBS_MAX = 20;

    private final Map<String, String> arguments = new HashMap<>();
    private final int parallelism;
    private final Configuration settings = new Configuration();

    private FlinkPeer(String[] words) throws IOException {
        for (String word : words) {
            String[] pair = word.split("=", 2);
            arguments.put(pair[0], pair[1]);
        }
        parallelism = Integer.parseInt(arguments.get("parallelism"));
        for (String line : Files.readAllLines(Path.of(arguments.get("settings")))) {
            if (!line.isBlank() && !line.startsWith("#")) {
                String[] pair = line.split(":", 2);
                settings.setString(pair[0].trim(), pair[1].trim());
            }
        }
        EventLog.events = Path.of(arguments.get("file"));
        EventLog.folder = Path.of(arguments.get("folder"));
        EventLog.partitions = parallelism;
    }

    public static void main(String[] words) {
        int status = 0;
        try {
            System.out.println(new FlinkPeer(words).run());
        } catch (Throwable error) {
            error.printStackTrace();
            status = 1;
        }
        System.out.flush();
        // An orderly end would only wait for timers; after an error the cluster's own threads would never end.
        Runtime.getRuntime().halt(status);
    }

    private String run() throws Exception {
        JobGraph summed;
        JobGraph measured;
        try {
            summed = job(true);
            measured = job(false);
        } catch (TableException | ValidationException error) {
            return String.format("{\"refused\":\"%s\"}", firstLine(error));
        }
        MiniClusterConfiguration cluster =
                new MiniClusterConfiguration.Builder().setConfiguration(settings).setNumTaskManagers(1).setNumSlotsPerTaskManager(parallelism).build();
        List<String> runs = new ArrayList<>();
        int warmUps = 0;
        try (MiniCluster flink = new MiniCluster(cluster)) {
            flink.start();
            Checksum.reset();
            execute(flink, summed);
            long untilNanos = System.nanoTime() + (long) (Double.parseDouble(arguments.get("warmUpSeconds")) * 1e9);
            for (; warmUps < WARM_UPS_MIN || System.nanoTime() < untilNanos; warmUps += 1) {
                execute(flink, measured);
            }
            for (int round = Integer.parseInt(arguments.get("rounds")); round > 0; round -= 1) {
                runs.add(round(flink, measured));
            }
        }
        return String.format(
                "{\"rows\":%d,\"checksum\":\"%s\",\"warmUps\":%d,\"peakBytes\":%d,\"runs\":[%s]}",
                Checksum.rows(), Checksum.text(), warmUps, peakBytes(), String.join(",", runs));
    }

    /** The mean of as many jobs as make up for the coarse clock of processor time. */
    private static String round(MiniCluster flink, JobGraph job) throws Exception {
        System.gc();
        int jobs = 0;
        double seconds = 0;
        double cpuSeconds = 0;
        for (; cpuSeconds < ROUND_CPU_SECONDS && jobs < ROUND_JOBS_MAX; jobs += 1) {
            execute(flink, job);
            seconds += Clock.seconds;
            cpuSeconds += Clock.cpuSeconds;
        }
        return String.format("{\"seconds\":%.6f,\"cpuSeconds\":%.6f}", seconds / jobs, cpuSeconds / jobs);
    }

    private JobGraph job(boolean isSummed) throws IOException {
        StreamExecutionEnvironment environment = StreamExecutionEnvironment.getExecutionEnvironment(settings);
        environment.setParallelism(parallelism);
        StreamTableEnvironment tables = StreamTableEnvironment.create(environment);
        for (String statement : Files.readString(Path.of(arguments.get("tables"))).split(";")) {
            if (!statement.isBlank()) {
                tables.executeSql(statement);
            }
        }
        Table result = tables.sqlQuery(Files.readString(Path.of(arguments.get("query"))));
        StreamStatementSet statements = tables.createStatementSet();
        statements.add(result.insertInto(TableDescriptor.forConnector("counting")
                .schema(Schema.newBuilder().fromResolvedSchema(result.getResolvedSchema()).build())
                .option("checksum", String.valueOf(isSummed))
                .build()));
        statements.attachAsDataStream();
        return environment.getStreamGraph().getJobGraph();
    }

    private static void execute(MiniCluster flink, JobGraph job) throws Exception {
        Clock.reset();
        job.setJobID(new JobID());
        flink.executeJobBlocking(job);
    }

    /** What the kernel says that this process had in memory at most. */
    private static long peakBytes() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmHWM:")) {
                return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
            }
        }
        throw new IllegalStateException("The kernel tells no peak.");
    }

    private static String firstLine(Throwable error) {
        Throwable cause = error;
        while (cause.getCause() != null && cause.getMessage() != null && cause.getMessage().startsWith("SQL validation failed")) {
            cause = cause.getCause();
        }
        return String.valueOf(cause.getMessage()).lines().findFirst().orElse("").replace("\\", "\\\\").replace("\"", "'");
    }
}
