package bench;

import java.io.IOException;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.connector.source.LookupTableSource;
import org.apache.flink.table.connector.source.ScanTableSource;
import org.apache.flink.table.connector.source.SourceProvider;
import org.apache.flink.table.connector.source.lookup.LookupFunctionProvider;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.factories.DynamicTableSourceFactory;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.functions.LookupFunction;
import org.apache.flink.table.types.logical.RowType;

/** `connector = nexmark`: the rows of a kind, to be read in their order or looked up by their first column. */
public final class EventTables implements DynamicTableSourceFactory {
    private static final ConfigOption<String> KIND = ConfigOptions.key("kind").stringType().noDefaultValue();

    @Override
    public String factoryIdentifier() {
        return "nexmark";
    }

    @Override
    public Set<ConfigOption<?>> requiredOptions() {
        return Set.of(KIND);
    }

    @Override
    public Set<ConfigOption<?>> optionalOptions() {
        return Set.of();
    }

    @Override
    public DynamicTableSource createDynamicTableSource(Context context) {
        RowType type = (RowType) context.getCatalogTable().getResolvedSchema().toPhysicalRowDataType().getLogicalType();
        return new Events(context.getCatalogTable().getOptions().get("kind"), type);
    }

    private static final class Events implements ScanTableSource, LookupTableSource {
        private final String kind;
        private final RowType type;

        private Events(String kind, RowType type) {
            this.kind = kind;
            this.type = type;
        }

        @Override
        public ChangelogMode getChangelogMode() {
            return ChangelogMode.insertOnly();
        }

        @Override
        public ScanRuntimeProvider getScanRuntimeProvider(ScanContext context) {
            EventLog.write(kind, type, EventLog.partitions);
            return SourceProvider.of(new EventSource(kind, type));
        }

        @Override
        public LookupRuntimeProvider getLookupRuntimeProvider(LookupContext context) {
            return LookupFunctionProvider.of(new ByFirstColumn(kind, type));
        }

        @Override
        public DynamicTableSource copy() {
            return new Events(kind, type);
        }

        @Override
        public String asSummaryString() {
            return "Nexmark " + kind;
        }
    }

    /** A table that stands still, in memory. */
    public static final class ByFirstColumn extends LookupFunction {
        private static final long serialVersionUID = 1L;
        private final String kind;
        private final RowType type;
        private transient Map<Long, Collection<RowData>> rows;

        private ByFirstColumn(String kind, RowType type) {
            this.kind = kind;
            this.type = type;
        }

        @Override
        public void open(FunctionContext context) throws IOException {
            EventLog.write(kind, type, 1);
            rows = new HashMap<>();
            try (LogReader log = new LogReader(kind, type, 0, 1)) {
                for (RowData row = log.next(); row != null; row = log.next()) {
                    rows.put(row.getLong(0), List.of(row));
                }
            }
        }

        @Override
        public Collection<RowData> lookup(RowData key) {
            return rows.getOrDefault(key.getLong(0), List.of());
        }
    }
}
