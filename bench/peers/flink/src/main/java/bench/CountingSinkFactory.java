package bench;

import java.util.List;
import java.util.Set;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.connector.sink.SinkV2Provider;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.factories.DynamicTableSinkFactory;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.types.RowKind;

/**
 * `connector = counting`: drops every row, as `blackhole` does and with the changes that it asks for, and looks
 * at the clock at its end. With `checksum` it also asks for what each update replaces, and sums up all rows.
 */
public final class CountingSinkFactory implements DynamicTableSinkFactory {
    private static final ConfigOption<Boolean> CHECKSUM = ConfigOptions.key("checksum").booleanType().defaultValue(false);

    @Override
    public String factoryIdentifier() {
        return "counting";
    }

    @Override
    public Set<ConfigOption<?>> requiredOptions() {
        return Set.of();
    }

    @Override
    public Set<ConfigOption<?>> optionalOptions() {
        return Set.of(CHECKSUM);
    }

    @Override
    public DynamicTableSink createDynamicTableSink(Context context) {
        boolean isSummed = Boolean.parseBoolean(context.getCatalogTable().getOptions().get("checksum"));
        List<LogicalType> types = context.getCatalogTable().getResolvedSchema().toPhysicalRowDataType().getLogicalType().getChildren();
        return new Counting(isSummed ? types : null);
    }

    private record Counting(List<LogicalType> types) implements DynamicTableSink {
        @Override
        public ChangelogMode getChangelogMode(ChangelogMode requested) {
            if (types != null) {
                return ChangelogMode.all();
            }
            ChangelogMode.Builder mode = ChangelogMode.newBuilder();
            for (RowKind kind : requested.getContainedKinds()) {
                if (kind != RowKind.UPDATE_BEFORE) {
                    mode.addContainedKind(kind);
                }
            }
            return mode.build();
        }

        @Override
        public SinkRuntimeProvider getSinkRuntimeProvider(Context context) {
            return SinkV2Provider.of(new CountingSink(types));
        }

        @Override
        public DynamicTableSink copy() {
            return this;
        }

        @Override
        public String asSummaryString() {
            return "counting";
        }
    }

    private static final class CountingSink implements Sink<RowData> {
        private static final long serialVersionUID = 1L;
        private final List<LogicalType> types;

        private CountingSink(List<LogicalType> types) {
            this.types = types == null ? null : List.copyOf(types);
        }

        @Override
        public SinkWriter<RowData> createWriter(WriterInitContext context) {
            RowText text = types == null ? null : new RowText(types);
            return new SinkWriter<>() {
                @Override
                public void write(RowData row, Context about) {
                    if (text != null) {
                        Checksum.add(text.of(row), row.getRowKind() == RowKind.INSERT || row.getRowKind() == RowKind.UPDATE_AFTER ? 1 : -1);
                    }
                }

                @Override
                public void flush(boolean isEnd) {
                    if (isEnd) {
                        Clock.end();
                    }
                }

                @Override
                public void close() {}
            };
        }
    }
}
