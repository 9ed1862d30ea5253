package bench;

import java.io.BufferedOutputStream;
import java.io.BufferedReader;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.data.binary.BinaryRowData;
import org.apache.flink.table.runtime.typeutils.RowDataSerializer;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;

/**
 * The events' file as a log in Flink's own encoding of rows, which costs least to read: a file for each partition,
 * a length and the row's bytes for each event. It is made before any clock runs.
 */
final class EventLog {
    /** Where in a line the time of the event stands. */
    private static final Map<String, Integer> TIMES = Map.of("person", 7, "auction", 6, "bid", 6);
    private static final int BUFFER_BYTES = 1 << 20;

    static volatile Path events;
    static volatile Path folder;
    static volatile int partitions;

    private EventLog() {}

    /** Every so-many-th event of the kind is in a partition, so that partitions keep pace in event time. */
    static void write(String kind, RowType type, int partitions) {
        if (Files.exists(partition(kind, type, 0, partitions))) {
            return;
        }
        DataOutputStream[] outputs = new DataOutputStream[partitions];
        try (BufferedReader reader = Files.newBufferedReader(events)) {
            for (int at = 0; at < partitions; at += 1) {
                outputs[at] = new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(partition(kind, type, at, partitions)), BUFFER_BYTES));
            }
            RowDataSerializer serializer = new RowDataSerializer(type);
            long count = 0;
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                if (line.charAt(0) != kind.charAt(0)) {
                    continue;
                }
                BinaryRowData row = serializer.toBinaryRow(row(kind, type, line.split(",", -1)));
                DataOutputStream output = outputs[(int) (count % partitions)];
                output.writeInt(row.getSizeInBytes());
                output.write(row.getSegments()[0].getArray(), row.getOffset(), row.getSizeInBytes());
                count += 1;
            }
            for (DataOutputStream output : outputs) {
                output.close();
            }
        } catch (IOException error) {
            throw new IllegalStateException(error);
        }
    }

    static InputStream open(String kind, RowType type, int index, int partitions) throws IOException {
        return Files.newInputStream(partition(kind, type, index, partitions));
    }

    private static Path partition(String kind, RowType type, int index, int partitions) {
        return folder.resolve(String.format("%s-%d.%d-of-%d", kind, type.getFieldCount(), index, partitions));
    }

    private static GenericRowData row(String kind, RowType type, String[] cells) {
        List<LogicalType> types = type.getChildren();
        GenericRowData row = new GenericRowData(types.size());
        for (int at = 0; at < types.size(); at += 1) {
            boolean isEventTime = type.getFieldNames().get(at).equals("event_time");
            row.setField(at, value(types.get(at), isEventTime ? cells[TIMES.get(kind)] : cells[at + 1]));
        }
        return row;
    }

    private static Object value(LogicalType type, String cell) {
        switch (type.getTypeRoot()) {
            case VARCHAR:
                return StringData.fromBytes(cell.getBytes(StandardCharsets.UTF_8));
            case BIGINT:
                return Long.parseLong(cell);
            case TIMESTAMP_WITHOUT_TIME_ZONE:
                long micros = Long.parseLong(cell);
                boolean isMillis = type.asSummaryString().startsWith("TIMESTAMP(3)");
                return TimestampData.fromEpochMillis(micros / 1000, isMillis ? 0 : (int) (micros % 1000) * 1000);
            default:
                throw new IllegalStateException("No values of " + type);
        }
    }
}
