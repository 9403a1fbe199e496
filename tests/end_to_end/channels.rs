//! Readings from a command to the chart of a monitor.

use crate::support::Pods;

/// How many readings a command writes in a moment. They are one second's worth of 10,000 a second.
const READINGS: usize = 10_000;
/// Which of them is the spike.
const SPIKE: usize = 5_432;

/// A command that writes them as fast as it can, then waits.
fn readings(pods: &Pods) -> (crate::support::Launched, crate::support::Gate) {
    let gate = pods.gate("end");
    let script = format!(
        r#"exec 3>"$POD_EVENTS"
        awk 'BEGIN {{ for (n = 1; n <= {READINGS}; n++)
            printf "{{\"kind\":\"channel\",\"name\":\"load\",\"value\":%s,\"unit\":\"V\"}}\n", (n == {SPIKE} ? "98765.25" : n % 7 / 8) }}' >&3
        echo '{{"kind":"channel","name":"after","value":1}}' >&3
        read go <{}"#,
        gate.path()
    );
    (pods.launch_piped("meter", &script), gate)
}

#[test]
fn a_spike_among_ten_thousand_readings_is_on_the_screen_and_none_is_lost() {
    let pods = Pods::new();
    let (_meter, mut gate) = readings(&pods);
    let monitor = pods.terminal(&["attach", "meter"]);
    monitor.send("2");
    // Whatever of it came before the monitor did is read from the log and joined.
    monitor.wait_for_text("after");
    monitor.send("\r");
    monitor.wait_for_text("0–98765.25  10000 readings");
    // The last one: 10,000 % 7 / 8.
    monitor.wait_for_text("load  0.5 V");
    monitor.resize(12, 40);
    monitor.wait_for_text("0–98765.25");
    monitor.send("\u{1b}");
    monitor.wait_for_text("0.5000 V");
    gate.open();
    monitor.wait_for_text("PASSED");
    monitor.resize(24, 80);
    monitor.wait_for_text("closed");
    monitor.send("q");

    // The same from the files alone.
    let monitor = pods.terminal(&["attach", "meter"]);
    monitor.wait_for_text("PASSED");
    monitor.send("2");
    monitor.wait_for_text("after");
    monitor.send("\r");
    monitor.wait_for_text("0–98765.25  10000 readings");
    monitor.send("qq");
}
