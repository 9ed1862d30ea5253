package bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.api.connector.source.SourceSplit;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.core.io.InputStatus;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.RowType;

/** Gives out the rows of a kind from its log, a partition to each reader. */
final class EventSource implements Source<RowData, EventSource.Split, Integer> {
    private static final long serialVersionUID = 1L;
    private static final int ROWS_AT_ONCE = 64;

    private final String kind;
    private final RowType type;

    EventSource(String kind, RowType type) {
        this.kind = kind;
        this.type = type;
    }

    record Split(int index, int of) implements SourceSplit {
        @Override
        public String splitId() {
            return String.valueOf(index);
        }
    }

    @Override
    public Boundedness getBoundedness() {
        return Boundedness.CONTINUOUS_UNBOUNDED;
    }

    @Override
    public SourceReader<RowData, Split> createReader(SourceReaderContext context) {
        return new Reader(kind, type);
    }

    @Override
    public SplitEnumerator<Split, Integer> createEnumerator(SplitEnumeratorContext<Split> context) {
        return new Enumerator(context);
    }

    @Override
    public SplitEnumerator<Split, Integer> restoreEnumerator(SplitEnumeratorContext<Split> context, Integer checkpoint) {
        return new Enumerator(context);
    }

    @Override
    public SimpleVersionedSerializer<Split> getSplitSerializer() {
        return new SimpleVersionedSerializer<>() {
            @Override
            public int getVersion() {
                return 1;
            }

            @Override
            public byte[] serialize(Split split) {
                return ByteBuffer.allocate(8).putInt(split.index).putInt(split.of).array();
            }

            @Override
            public Split deserialize(int version, byte[] bytes) {
                ByteBuffer buffer = ByteBuffer.wrap(bytes);
                return new Split(buffer.getInt(), buffer.getInt());
            }
        };
    }

    @Override
    public SimpleVersionedSerializer<Integer> getEnumeratorCheckpointSerializer() {
        return new SimpleVersionedSerializer<>() {
            @Override
            public int getVersion() {
                return 1;
            }

            @Override
            public byte[] serialize(Integer checkpoint) {
                return new byte[0];
            }

            @Override
            public Integer deserialize(int version, byte[] bytes) {
                return 0;
            }
        };
    }

    private record Enumerator(SplitEnumeratorContext<Split> context) implements SplitEnumerator<Split, Integer> {
        @Override
        public void start() {}

        @Override
        public void handleSplitRequest(int reader, String host) {}

        @Override
        public void addSplitsBack(List<Split> splits, int reader) {
            throw new IllegalStateException("A measured job is not restarted.");
        }

        @Override
        public void addReader(int reader) {
            context.assignSplit(new Split(reader, context.currentParallelism()), reader);
            context.signalNoMoreSplits(reader);
        }

        @Override
        public Integer snapshotState(long checkpoint) {
            return 0;
        }

        @Override
        public void close() {}
    }

    private static final class Reader implements SourceReader<RowData, Split> {
        private final String kind;
        private final RowType type;
        private final CompletableFuture<Void> assigned = new CompletableFuture<>();
        private LogReader log;

        private Reader(String kind, RowType type) {
            this.kind = kind;
            this.type = type;
        }

        @Override
        public void start() {}

        @Override
        public InputStatus pollNext(ReaderOutput<RowData> output) throws IOException {
            if (log == null) {
                return InputStatus.NOTHING_AVAILABLE;
            }
            Clock.begin();
            for (int left = ROWS_AT_ONCE; left > 0; left -= 1) {
                RowData row = log.next();
                if (row == null) {
                    return InputStatus.END_OF_INPUT;
                }
                output.collect(row);
            }
            return InputStatus.MORE_AVAILABLE;
        }

        @Override
        public List<Split> snapshotState(long checkpoint) {
            return List.of();
        }

        @Override
        public CompletableFuture<Void> isAvailable() {
            return assigned;
        }

        @Override
        public void addSplits(List<Split> splits) {
            try {
                log = new LogReader(kind, type, splits.get(0).index, splits.get(0).of);
            } catch (IOException error) {
                throw new IllegalStateException(error);
            }
            assigned.complete(null);
        }

        @Override
        public void notifyNoMoreSplits() {}

        @Override
        public void close() throws IOException {
            if (log != null) {
                log.close();
            }
        }
    }
}
