//! The verbs of the command line. Data goes to standard output, talk to standard error.

mod apart;
mod arguments;
mod attach;
mod config;
mod doctor;
mod events;
mod exit;
mod filter;
mod follow;
mod grep;
mod hold;
mod json;
mod keep;
mod launch;
mod list;
mod lists;
mod logs;
mod messenger;
mod neighbours;
mod outlook;
mod pick;
mod plain;
pub(crate) mod pod_list;
mod promote;
mod reader;
mod recover;
mod resume;
mod roots;
mod run;
mod send;
mod show;
mod stop;
mod target;
mod tracing_log;
mod wait;

use std::{
    io::{self, IsTerminal, Write},
    process::ExitCode,
};

use anyhow::{Context, Result};
use clap::Parser;

use arguments::{Arguments, Verb};
use roots::Roots;

/// Runs the verb that the arguments name and turns what comes of it into an exit code.
pub(crate) fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match dispatch(arguments) {
        Ok(code) => ExitCode::from(code),
        Err(error) => exit::report(&error),
    }
}

fn dispatch(arguments: Arguments) -> Result<u8> {
    let roots = Roots::from_environment()?;
    let _log = tracing_log::start(&roots);
    let outlook = outlook::Outlook::new(arguments.color, arguments.plain);
    if arguments.verb.as_ref().is_none_or(Verb::is_about_runs) {
        recover::in_passing(&roots);
    }
    if let Some(name) = arguments.resume {
        return pick::pick(&roots, &outlook, name.as_deref());
    }
    let Some(verb) = arguments.verb else {
        return pick::pick(&roots, &outlook, None);
    };
    match verb {
        Verb::Run(options) => run::run(&roots, &outlook, &options),
        Verb::Ls(options) => list::list(&roots, &options),
        Verb::Attach(options) => attach::attach(&roots, &outlook, &options),
        Verb::Show(options) => show::show(&roots, &options),
        Verb::Logs(options) => logs::logs(&roots, &options),
        Verb::Events(options) => events::events(&roots, &options),
        Verb::Stop(options) => stop::stop(&roots, &options),
        Verb::Cancel(options) => stop::cancel(&roots, &options),
        Verb::Kill(options) => stop::kill(&roots, &options),
        Verb::Pause(options) => hold::pause(&roots, &options),
        Verb::Continue(options) => hold::go_on(&roots, &options),
        Verb::Send(options) => send::send(&roots, &options),
        Verb::Resume(options) => resume::resume(&roots, &outlook, &options),
        Verb::Recover(options) => recover::recover(&roots, &options),
        Verb::Rerun(options) => resume::rerun(&roots, &outlook, &options),
        Verb::Wait(options) => wait::wait(&roots, &options),
        Verb::Rm(options) => keep::remove(&roots, &options),
        Verb::Prune(options) => keep::prune(&roots, &options),
        Verb::Rename(options) => keep::rename(&roots, &options),
        Verb::Pin(options) => keep::pin(&roots, &options, true),
        Verb::Unpin(options) => keep::pin(&roots, &options, false),
        Verb::Promote(options) => promote::promote(&roots, &options),
        Verb::Doctor(options) => doctor::doctor(&roots, &outlook, &options),
    }
}

/// A runtime for verbs that talk to hosts. Leaving does not wait for its threads: what they still
/// read, nobody will look at.
struct Runtime(Option<tokio::runtime::Runtime>);

impl Runtime {
    fn block_on<F: Future>(&self, work: F) -> F::Output {
        let runtime = self.0.as_ref().expect("there until it is dropped");
        runtime.block_on(work)
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

fn runtime() -> Result<Runtime> {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_all().build();
    Ok(Runtime(Some(
        runtime.context("cannot start the event loop")?,
    )))
}

/// Whether an operator sits at both ends.
fn on_terminal() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// Writes data for the caller. A reader that has gone away (`| head`) is a normal end.
fn print(bytes: &[u8]) -> Result<()> {
    let mut stdout = io::stdout().lock();
    stdout
        .write_all(bytes)
        .and_then(|()| stdout.flush())
        .context("cannot write to standard output")
}

/// Says something to the operator. A terminal that has gone away hears nothing, and that is all.
fn talk(words: std::fmt::Arguments<'_>) {
    let _ = writeln!(io::stderr().lock(), "{words}");
}

/// The one helpful line of an empty list.
fn say_no_pods() {
    talk(format_args!(
        "no pods yet: start one with tui run -- COMMAND"
    ));
}

/// Whether an error is only a reader that has gone away.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
}
