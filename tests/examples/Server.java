// SPDX-License-Identifier: Apache-2.0
//
// Answers requests with a pool of four threads. /blocked is for how many milliseconds they were blocked by locks.
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.net.InetSocketAddress;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

public class Server {
    static final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    static long sum;

    // All requests share one sum.
    static synchronized long work() {
        for (int i = 0; i < 1_000_000; i++) sum += sum % 7 + i;
        return sum;
    }

    static void answer(HttpExchange exchange, String text) throws java.io.IOException {
        exchange.sendResponseHeaders(200, text.length());
        exchange.getResponseBody().write(text.getBytes());
        exchange.close();
    }

    public static void main(String[] arguments) throws Exception {
        threads.setThreadContentionMonitoringEnabled(true);
        AtomicInteger count = new AtomicInteger();
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", Integer.parseInt(arguments[0])), 64);
        server.setExecutor(Executors.newFixedThreadPool(4, task -> new Thread(task, "worker-" + count.incrementAndGet())));
        server.createContext("/", exchange -> answer(exchange, Long.toString(work())));
        server.createContext("/blocked", exchange -> {
            long milliseconds = 0;
            for (ThreadInfo info : threads.getThreadInfo(threads.getAllThreadIds()))
                if (info != null && info.getThreadName().startsWith("worker")) milliseconds += info.getBlockedTime();
            answer(exchange, Long.toString(milliseconds));
        });
        server.start();
    }
}
