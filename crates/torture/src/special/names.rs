//! Many launches at once: of one name, and of as many names.

use std::{sync::Barrier, thread};

use anyhow::{Context, Result, anyhow, ensure};
use fastrand::Rng;

use crate::{
    processes,
    script::Script,
    stage::{Stage, TOKEN},
    verb::{Done, Verb},
};

/// Launches all of `names` at once, with victims that hold.
fn launch_all(stage: &Stage, token: &str, names: &[String], salt: u64) -> Result<Vec<Done>> {
    let start = Barrier::new(names.len());
    let launch = |name: &String| {
        let book = stage
            .books()
            .join(token.rsplit('/').next().unwrap_or_default());
        std::fs::create_dir_all(&book)?;
        let script = Script::new(book, salt);
        let mut command = stage.command(["run", "-d", "--json", "--name", name, "--"]);
        command
            .arg(stage.this())
            .args(script.words())
            .env(TOKEN, token);
        start.wait();
        Verb::start(command)?.finish()
    };
    thread::scope(|scope| {
        let launch = &launch;
        let threads: Vec<_> = names
            .iter()
            .map(|name| scope.spawn(move || launch(name)))
            .collect();
        let joined = threads.into_iter().map(|thread| {
            let done = thread.join();
            done.map_err(|_| anyhow!("a launch panicked"))?
        });
        joined.collect()
    })
}

/// Of many launches of one name one wins, and the others name the holder.
pub(crate) fn one_name(stage: &Stage, seed: u64, launches: usize) -> Result<()> {
    let token = stage.token();
    let names = vec!["one-name".to_owned(); launches];
    let done = launch_all(stage, &token, &names, Rng::with_seed(seed).u64(..))?;
    let (won, lost): (Vec<&Done>, Vec<&Done>) = done.iter().partition(|done| done.code == 0);
    ensure!(won.len() == 1, "{} of {launches} launches won", won.len());
    let holder = won[0].json()?["host_pid"].to_string();
    let names_holder = |done: &&Done| done.stderr.contains(&format!("pid {holder}"));
    for done in &lost {
        ensure!(
            done.code == 5
                && done.stderr.contains("pod one-name is live")
                && done.stderr.contains("attach with: tui attach one-name"),
            "a launch that lost says: {done}"
        );
    }
    let named = lost
        .iter()
        .copied()
        .filter(|done| names_holder(done))
        .count();
    let sessions = std::fs::read_dir(stage.state().join("sessions"))?.count();
    ensure!(sessions == 1, "the losers left {} sessions", sessions - 1);
    stage
        .run(&["stop", "--grace", "0s", "one-name"])?
        .succeeded()?;
    processes::wait_gone(&token)?;
    println!(
        "torture: of {launches} launches of one name one won, {named} of {} name its pid",
        lost.len()
    );
    Ok(())
}

/// Launches of different names all win, are all listed as live, and all stop.
pub(crate) fn many_names(stage: &Stage, launches: usize) -> Result<()> {
    let token = stage.token();
    let names: Vec<String> = (1..=launches)
        .map(|number| format!("name-{number}"))
        .collect();
    for done in launch_all(stage, &token, &names, 0)? {
        done.succeeded()?;
    }
    let list = stage.run(&["ls", "--all", "--json"])?.succeeded()?.json()?;
    let rows = list["rows"].as_array().context("rows")?;
    let live = rows.iter().filter(|row| row["attachable"] == true).count();
    ensure!(
        live == launches,
        "{live} of {launches} pods are listed as live"
    );
    let mut words = vec!["stop", "--grace", "0s"];
    words.extend(names.iter().map(String::as_str));
    stage.run(&words)?.succeeded()?;
    processes::wait_gone(&token)?;
    println!("torture: {launches} launches of different names all won, and all were stopped");
    Ok(())
}
