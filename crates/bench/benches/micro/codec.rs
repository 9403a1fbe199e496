//! Messages to bytes and back: what hosts say first, and chunks with a log behind them.

use criterion::{BenchmarkId, Criterion, Throughput};
use pod_protocol::{ChunkHeader, Decoder, HostMessage, Log, encode};

use crate::runs;

/// What a socket gives at a time.
const ARRIVING_BYTES: usize = 64 * 1_024;
/// Records of a chunk.
const CHUNK_RECORDS: u64 = 40;

pub(crate) fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("codec");
    for count in [10, 100, 1_000] {
        group.throughput(Throughput::Elements(count));
        let hellos = (0..count).map(|number| HostMessage::Hello(Box::new(runs::hello(number))));
        let hellos: Vec<HostMessage> = hellos.collect();
        group.bench_function(BenchmarkId::new("encode hello", count), |bencher| {
            bencher.iter(|| hellos.iter().map(encode).collect::<Vec<_>>());
        });
        let stream = hellos.iter().map(encode).collect::<Vec<_>>().concat();
        group.bench_function(BenchmarkId::new("decode hello", count), |bencher| {
            bencher.iter(|| decode(&stream));
        });
        let stream = chunks(count);
        group.bench_function(BenchmarkId::new("decode chunk", count), |bencher| {
            bencher.iter(|| decode(&stream));
        });
    }
}

/// Chunks as they lie on the wire.
fn chunks(count: u64) -> Vec<u8> {
    let records = runs::record_log(CHUNK_RECORDS);
    let chunk = |number| {
        let header = HostMessage::Chunk(ChunkHeader {
            segment: runs::segment(1),
            log: Log::Records,
            from: number * CHUNK_RECORDS + 1,
            bytes: records.len() as u64,
        });
        [encode(&header), records.clone()].concat()
    };
    (0..count).flat_map(chunk).collect()
}

/// Reads a stream as a client does; returns how many messages there were.
fn decode(stream: &[u8]) -> usize {
    let mut decoder = Decoder::<HostMessage>::default();
    let mut messages = 0;
    for arrived in stream.chunks(ARRIVING_BYTES) {
        decoder.push(arrived);
        while decoder.next_message().expect("messages").is_some() {
            messages += 1;
        }
    }
    messages
}
