//! Records to a run state: of a log as it lies on disk, and without reading its lines.

use criterion::{BenchmarkId, Criterion, Throughput};
use pod_protocol::{Record, RunState};

use crate::runs;

pub(crate) fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("fold");
    for count in [100, 1_000, 10_000] {
        group.throughput(Throughput::Elements(count));
        let records = runs::records(count);
        group.bench_function(BenchmarkId::new("records", count), |bencher| {
            bencher.iter(|| {
                let mut state = RunState::default();
                for record in &records {
                    state.apply(record);
                }
                state
            });
        });
        let log = runs::record_log(count);
        group.bench_function(BenchmarkId::new("lines", count), |bencher| {
            bencher.iter(|| {
                let mut state = RunState::default();
                for line in log.split(|byte| *byte == b'\n').filter(|l| !l.is_empty()) {
                    state.apply(&Record::from_line(line).expect("a record"));
                }
                state
            });
        });
    }
}
