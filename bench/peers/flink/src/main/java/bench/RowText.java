package bench;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.TimestampType;

/**
 * A row as the bench's other engines write it: JSON, times as microseconds, decimals without their point, numbers
 * as JavaScript prints them.
 */
final class RowText {
    private static final long SAFE = (1L << 53) - 1;
    private static final int DIGITS_MAX = 17;

    private final List<LogicalType> types;

    RowText(List<LogicalType> types) {
        this.types = types;
    }

    String of(RowData row) {
        StringBuilder text = new StringBuilder("[");
        for (int at = 0; at < types.size(); at += 1) {
            if (at > 0) {
                text.append(',');
            }
            text.append(row.isNullAt(at) ? "null" : value(row, at));
        }
        return text.append(']').toString();
    }

    private String value(RowData row, int at) {
        LogicalType type = types.get(at);
        switch (type.getTypeRoot()) {
            case CHAR:
            case VARCHAR:
                return quoted(row.getString(at).toString());
            case INTEGER:
                return String.valueOf(row.getInt(at));
            case BIGINT:
                return whole(row.getLong(at));
            case DOUBLE:
                return shortest(row.getDouble(at));
            case DECIMAL:
                DecimalType decimal = (DecimalType) type;
                return whole(row.getDecimal(at, decimal.getPrecision(), decimal.getScale()).toBigDecimal().unscaledValue().longValueExact());
            case TIMESTAMP_WITHOUT_TIME_ZONE:
                TimestampData time = row.getTimestamp(at, ((TimestampType) type).getPrecision());
                return whole(time.getMillisecond() * 1000 + time.getNanoOfMillisecond() / 1000);
            default:
                throw new IllegalStateException("No text for " + type);
        }
    }

    private static String quoted(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }

    private static String whole(long value) {
        return Math.abs(value) <= SAFE ? String.valueOf(value) : "\"" + value + "n\"";
    }

    /** The fewest digits that name this number, which Java prints only from version 19 on. */
    private static String shortest(double value) {
        if (value == Math.rint(value) && Math.abs(value) <= SAFE) {
            return String.valueOf((long) value);
        }
        BigDecimal exact = new BigDecimal(value);
        for (int digits = 1; digits < DIGITS_MAX; digits += 1) {
            BigDecimal rounded = exact.round(new MathContext(digits));
            if (rounded.doubleValue() == value) {
                return rounded.stripTrailingZeros().toPlainString();
            }
        }
        return exact.round(new MathContext(DIGITS_MAX)).stripTrailingZeros().toPlainString();
    }
}
