//! The tool's own log: files under the state directory, never the screen.

use tracing_appender::{
    non_blocking::WorkerGuard,
    rolling::{RollingFileAppender, Rotation},
};
use tracing_subscriber::filter::LevelFilter;

use super::roots::Roots;

/// Days of logs that are kept.
const FILES_MAX: usize = 7;

/// Starts logging if the operator asks for it with `PODS_LOG=debug` (or another level) and there is
/// a state directory already: looking at things creates nothing. The guard writes what is left.
pub(crate) fn start(roots: &Roots) -> Option<WorkerGuard> {
    let level: LevelFilter = std::env::var("PODS_LOG").ok()?.parse().ok()?;
    if !roots.state.is_dir() {
        return None;
    }
    let directory = roots.state.join("logs");
    pod_files::private_dir(&directory).ok()?;
    let file = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix("tui")
        .filename_suffix("log")
        .max_log_files(FILES_MAX)
        .build(directory)
        .ok()?;
    // Lossless: this log is for the day something goes wrong.
    let (writer, guard) = tracing_appender::non_blocking::NonBlockingBuilder::default()
        .lossy(false)
        .finish(file);
    let logging = tracing_subscriber::fmt()
        .with_writer(writer)
        .with_ansi(false);
    logging.with_max_level(level).try_init().ok()?;
    Some(guard)
}
