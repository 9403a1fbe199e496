//! More live pods than the picker has rows.

use crate::support::Pods;

const LIVE: usize = 12;
const DOWN: &str = "\x1b[B";

/// How many rows of the list are on the screen.
fn rows_on(screen: &str) -> usize {
    screen.lines().filter(|line| line.contains("pod-")).count()
}

#[test]
fn of_twelve_live_pods_two_are_below_and_can_be_reached() {
    let pods = Pods::new();
    for number in 1..=LIVE {
        pods.launch(&format!("pod-{number:02}"), "exec sleep 1000");
    }

    let mut picker = pods.terminal(&["-r"]);
    picker.wait_for_text("+2 more");
    picker.wait_for("ten rows", |screen| rows_on(&screen.contents()) == 10);
    let missing = |screen: &str| -> Vec<String> {
        let names = (1..=LIVE).map(|number| format!("pod-{number:02}"));
        names.filter(|name| !screen.contains(name)).collect()
    };
    let below = missing(&picker.contents());
    assert_eq!(below.len(), 2);

    // By scrolling.
    for _ in 1..LIVE {
        picker.send(DOWN);
    }
    picker.wait_for("the last two rows", |screen| {
        let screen = screen.contents();
        below.iter().all(|name| screen.contains(name.as_str()))
    });

    // By typing; Enter attaches.
    picker.send(&below[0]);
    picker.wait_for_text(&format!("resume ▸ {}", below[0]));
    // Names that are nearly alike match too, further down.
    picker.wait_for_text(&format!("▌● {}", below[0]));
    picker.send("\r");
    picker.wait_for_text("RUNNING");
    assert!(picker.contents().contains(&below[0]));
    picker.send("\x03");
    assert_eq!(picker.wait_for_exit(), 0);
}
