package bench;

/** A multiset of rows as one number, whatever their order: the same sum as that of the bench's other engines. */
final class Checksum {
    private static long rows;
    private static int low;
    private static int high;

    private Checksum() {}

    static synchronized void reset() {
        rows = 0;
        low = 0;
        high = 0;
    }

    static synchronized void add(String row, int weight) {
        rows += weight;
        low += hash(row, 0x811c9dc5) * weight;
        high += hash(row, 0x2545f491) * weight;
    }

    static synchronized long rows() {
        return rows;
    }

    static synchronized String text() {
        return String.format("%08x%08x", high, low);
    }

    private static int hash(String text, int seed) {
        int mixed = seed;
        for (int at = 0; at < text.length(); at += 1) {
            mixed = (mixed ^ text.charAt(at)) * 0x01000193;
        }
        mixed = (mixed ^ (mixed >>> 16)) * 0x85ebca6b;
        return mixed ^ (mixed >>> 13);
    }
}
