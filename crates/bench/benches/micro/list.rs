//! The rows of the list: both halves merged, the rows put in order, the list cut.

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput};
use discovery::{MAX_ROWS, merge, order};

use crate::runs;

pub(crate) fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("list");
    // Making a list takes longer than anything that is measured with it.
    group.sample_size(10);
    for count in [100, 1_000, 10_000] {
        group.throughput(Throughput::Elements(count));
        let halves = runs::halves(count);
        group.bench_function(BenchmarkId::new("merge", count), |bencher| {
            bencher.iter_batched(
                || halves.clone(),
                |(live, stored)| merge(live, stored),
                BatchSize::LargeInput,
            );
        });
        let (live, stored) = halves;
        let rows = merge(live, stored);
        group.bench_function(BenchmarkId::new("order", count), |bencher| {
            bencher.iter_batched_ref(|| rows.clone(), |rows| order(rows), BatchSize::LargeInput);
        });
        let list = runs::list(count);
        group.bench_function(BenchmarkId::new("cut", count), |bencher| {
            bencher.iter_batched_ref(
                || list.clone(),
                |list| list.cut(MAX_ROWS),
                BatchSize::LargeInput,
            );
        });
    }
}
