package bench;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/** From the first row that a source gives out to the end of the last sink; processor time is that of all threads. */
final class Clock {
    private static final OperatingSystemMXBean PROCESS = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    private static boolean isRunning;
    private static long beganNanos;
    private static long beganCpuNanos;
    static double seconds;
    static double cpuSeconds;

    private Clock() {}

    static synchronized void reset() {
        isRunning = false;
    }

    static synchronized void begin() {
        if (!isRunning) {
            isRunning = true;
            beganNanos = System.nanoTime();
            beganCpuNanos = PROCESS.getProcessCpuTime();
        }
    }

    static synchronized void end() {
        seconds = (System.nanoTime() - beganNanos) / 1e9;
        cpuSeconds = (PROCESS.getProcessCpuTime() - beganCpuNanos) / 1e9;
    }
}
