//! Foreign text to what fits into a row: made printable, and cut to its columns.

use criterion::{BenchmarkId, Criterion, Throughput};
use pod_protocol::{cut_to_width, printable};

/// A row of a common terminal.
const COLUMNS: usize = 80;
/// Of one column a character, of two, and with what no terminal may get.
const TEXTS: [(&str, &str); 3] = [
    ("narrow", "epoch 27  loss 0.213  "),
    ("wide", "日本語の出力 "),
    ("coloured", "\u{1b}[31mFAILED\u{1b}[0m é\u{301} "),
];

pub(crate) fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("cut");
    for (name, text) in TEXTS {
        for bytes in [100, 1_000, 10_000] {
            group.throughput(Throughput::Bytes(bytes as u64));
            let text = text.repeat(bytes / text.len());
            group.bench_function(BenchmarkId::new(name, bytes), |bencher| {
                bencher.iter(|| cut_to_width(&printable(&text), COLUMNS).len());
            });
        }
    }
}
