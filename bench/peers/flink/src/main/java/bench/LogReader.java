package bench;

import java.io.IOException;
import java.io.InputStream;
import org.apache.flink.core.memory.MemorySegment;
import org.apache.flink.core.memory.MemorySegmentFactory;
import org.apache.flink.table.data.binary.BinaryRowData;
import org.apache.flink.table.types.logical.RowType;

/** The rows of one partition, in order. They lie in the bytes that were read, which nothing overwrites. */
final class LogReader implements AutoCloseable {
    private static final int CHUNK_BYTES = 1 << 18;

    private final InputStream input;
    private final int columns;
    private byte[] chunk = new byte[0];
    private MemorySegment segment = MemorySegmentFactory.wrap(chunk);
    private int at;
    private int end;

    LogReader(String kind, RowType type, int index, int partitions) throws IOException {
        input = EventLog.open(kind, type, index, partitions);
        columns = type.getFieldCount();
    }

    /** Null at the end. */
    BinaryRowData next() throws IOException {
        if (end - at < Integer.BYTES && !fill()) {
            return null;
        }
        int size = segment.getIntBigEndian(at);
        if (end - at < Integer.BYTES + size) {
            fill();
        }
        BinaryRowData row = new BinaryRowData(columns);
        row.pointTo(segment, at + Integer.BYTES, size);
        at += Integer.BYTES + size;
        return row;
    }

    private boolean fill() throws IOException {
        byte[] next = new byte[CHUNK_BYTES];
        int kept = end - at;
        System.arraycopy(chunk, at, next, 0, kept);
        int read = input.readNBytes(next, kept, next.length - kept);
        chunk = next;
        segment = MemorySegmentFactory.wrap(next);
        at = 0;
        end = kept + read;
        return read > 0;
    }

    @Override
    public void close() throws IOException {
        input.close();
    }
}
