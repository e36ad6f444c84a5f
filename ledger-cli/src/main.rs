//! The terminal of the ledger: the binary `ledger`.
//!
//! Typed flags (`args/`) become ready values, and one match runs them. Writing goes through `session.rs`, bulk files
//! through `submit/`, reading through the crate `replay` (`read/`), and a ledger outlives its disk by `export.rs`,
//! `restore.rs`, `repair.rs` and `backup.rs`. How the program ends is said in `exit.rs` alone.
//! Left out: rules (`ledger-core`) and everything derived by reading (`replay`).

mod adopt;
mod args;
mod backup;
mod check;
mod demo;
mod documents;
mod exit;
mod export;
mod files;
mod import;
mod init;
mod key;
mod manual;
mod output;
mod programme;
mod progress;
mod rate;
mod read;
mod receipt;
mod repair;
mod restore;
mod session;
mod subject;
mod submit;
mod tiles;
mod wanted;
mod witness;

use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

use crate::args::{Cli, Global, Ready};
use crate::exit::Failure;
use crate::output::Out;
use crate::session::Session;
use crate::wanted::Wanted;

/// Commands are decided in many small allocations.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    leave_out_caught_panics();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return unparsed(&error),
    };
    let json = cli.global.json;
    let done = cli.command.ready().and_then(|ready| run(&cli.global, ready));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => ExitCode::from(failure.report(json)),
    }
}

/// sled panics on some damage and on some failures. The store catches that, and one line is promised.
fn leave_out_caught_panics() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !ledger_core::store::is_caught() {
            usual(panic);
        }
    }));
}

/// Help and version as clap prints them; an error in one line.
fn unparsed(error: &clap::Error) -> ExitCode {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            // A reader that closed the pipe has seen enough.
            let _ = error.print();
            ExitCode::SUCCESS
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let _ = error.print();
            ExitCode::from(2)
        }
        _ => {
            let rendered = error.to_string();
            let said = rendered.split("\n\n").next().unwrap_or_default();
            let said = said.strip_prefix("error: ").unwrap_or(said);
            let json = std::env::args_os().any(|argument| argument == "--json");
            ExitCode::from(Failure::Usage(format!("{said}; see --help")).report(json))
        }
    }
}

fn run(global: &Global, ready: Ready) -> Result<(), Failure> {
    match ready {
        Ready::Write(wanted) => write(global, *wanted),
        Ready::AdoptFramework(source) => write(global, adopt::framework(&source.source)?),
        Ready::AdoptRiskPolicy(source) => write(global, adopt::risk_policy(&source.source)?),
        Ready::Init(args) => init::init(global, &args),
        Ready::Demo(_) => demo::demo(global),
        Ready::Submit(args) => submit::submit(global, &args),
        Ready::AddDocument(words, media_type) => read::document::add(global, &words, media_type.as_deref()),
        Ready::ShowDocument(commitment) => read::document::show(global, &commitment),
        Ready::Import(args) => import::import(global, &args),
        Ready::Sweep(subject) => programme::sweep(global, subject.as_deref()),
        Ready::ServeWitness(args) => witness::serve::serve(&args, global.json),
        Ready::LoadContext => programme::load_context(global),
        Ready::OpenTheme(args) => write(global, programme::theme(&args)?),
        Ready::Ask(question) => read::ask(global, question),
        Ready::Rate(args) => rate::rate(global, &args),
        Ready::List(listing) => read::list(global, listing),
        Ready::Rating(args) => read::rating::rating(global, &args),
        Ready::Replay(args) => read::replaying::replay(global, &args),
        Ready::Risks(args) => read::risk::risk(global, &args),
        Ready::Deadlines(args) => read::deadlines::deadlines(global, &args),
        Ready::State(args) => read::state::state(global, &args),
        Ready::Diff(args) => read::diff::diff(global, &args),
        Ready::WhatIf(args) => read::whatif::what_if(global, &args),
        Ready::Explain(args) => read::explain::explain(global, &args),
        Ready::Audit(args) => read::audit(global, &args),
        Ready::History(args) => read::history::history(global, &args),
        Ready::National(args) => read::country::national(global, &args),
        Ready::Show(args) => read::entries::show(global, &args),
        Ready::Log(args) => read::entries::log(global, &args),
        Ready::Tail(args) => read::tail::tail(global, &args),
        Ready::Report(args) => read::rating::report(global, &args),
        Ready::Verify(args) => read::verify(global, &args),
        Ready::Certify(args) => read::certify::certify(global, &args),
        Ready::Check(args) => check::check(global, &args),
        Ready::Key(args) => key::key(global, &args),
        Ready::Checkpoint(args) => read::proof::newest(global, &args),
        Ready::Proof(args) => read::proof::proof(global, &args),
        Ready::Export(args) => export::export(global, &args),
        Ready::Restore(args) => restore::restore(global, &args),
        Ready::Repair(args) => repair::repair(global, &args),
        Ready::Backup(args) => backup::backup(global, &args),
        Ready::Completions(args) => manual::completions(&args),
        Ready::Man => manual::man(),
    }
}

/// Records one command and prints its receipt.
fn write(global: &Global, wanted: Wanted) -> Result<(), Failure> {
    let session = Session::open(global)?;
    let (receipt, used) = session.submit(wanted)?;
    let mut out = Out::stdout();
    output::mark(&mut out, session.founded(), global.json)?;
    if let (Some(used), false) = (used, global.json) {
        out.line(format!("used {used}"))?;
    }
    receipt::print(&mut out, &receipt, global.json)?;
    out.flush()?;
    session.close()
}
