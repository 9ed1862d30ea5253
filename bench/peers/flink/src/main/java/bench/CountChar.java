package bench;

import org.apache.flink.table.functions.ScalarFunction;

/** As Nexmark's own queries have it: how often a letter stands in a text. */
public final class CountChar extends ScalarFunction {
    private static final long serialVersionUID = 1L;

    public long eval(String text, String letter) {
        long count = 0;
        char wanted = letter.charAt(0);
        for (int at = 0; at < text.length(); at += 1) {
            if (text.charAt(at) == wanted) {
                count += 1;
            }
        }
        return count;
    }
}
