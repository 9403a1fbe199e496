//! A frame, from what is known to the bytes that the terminal gets.

use criterion::{BatchSize, BenchmarkId, Criterion};
use ratatui::crossterm::event::KeyCode;
use tui::rehearsal::{Monitor, Picker};

use crate::runs;

pub(crate) fn bench(criterion: &mut Criterion) {
    monitor(criterion);
    picker(criterion);
}

/// Lines come, a frame is drawn: as in a run that prints as many between two frames.
fn monitor(criterion: &mut Criterion) {
    for (columns, rows) in [(80, 24), (200, 50)] {
        let mut group = criterion.benchmark_group(format!("monitor {columns}×{rows}"));
        for lines in [1, 10, 100] {
            let mut monitor = Monitor::new(columns, rows);
            monitor.hear(&runs::output(0, 1_000));
            monitor.draw();
            let mut printed = 1_000;
            group.bench_function(BenchmarkId::new("lines a frame", lines), |bencher| {
                bencher.iter_batched(
                    || {
                        printed += lines;
                        runs::output(printed, lines)
                    },
                    |output| {
                        monitor.hear(&output);
                        monitor.draw()
                    },
                    BatchSize::SmallInput,
                );
            });
        }
    }
}

/// A key, and the frame that shows what came of it.
fn picker(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("picker 80");
    for count in [100, 1_000, 10_000] {
        let mut picker = Picker::new(&runs::list(count), 80);
        picker.draw();
        group.bench_function(BenchmarkId::new("down and up", count), |bencher| {
            bencher.iter(|| both(&mut picker, [KeyCode::Down, KeyCode::Up]));
        });
        group.bench_function(BenchmarkId::new("type and erase", count), |bencher| {
            bencher.iter(|| both(&mut picker, [KeyCode::Char('7'), KeyCode::Backspace]));
        });
    }
}

/// Two keys, of which the second takes back what the first did, and a frame for each.
fn both(picker: &mut Picker, keys: [KeyCode; 2]) -> [u64; 2] {
    keys.map(|key| {
        picker.press(key);
        picker.draw()
    })
}
