//! What the functions cost that everything else is made of: fold, codec, merge, order, cut, render.
//!
//! Every group is measured at three sizes, a decade apart, so that a cost which grows faster than its
//! input is seen as such. The data is made here and is the same in every run. Times are of this machine
//! and this moment: they are compared with those of another commit on the same machine, never with a
//! limit.

mod codec;
mod cut;
mod fold;
mod list;
mod render;
mod runs;

use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};

/// Enough to tell a tenth more or less on a machine that does other things; all groups together take
/// some two minutes.
fn briefly() -> Criterion {
    Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
}

criterion_group! {
    name = micro;
    config = briefly();
    targets = fold::bench, codec::bench, list::bench, cut::bench, render::bench
}
criterion_main!(micro);
