//! Completions for shells, and the manual page, both made from the arguments' own definition.

use clap::CommandFactory;

use crate::args::{Cli, CompletionsArgs};
use crate::exit::Failure;
use crate::output::Out;

/// Prints completions for a shell.
pub fn completions(args: &CompletionsArgs) -> Result<(), Failure> {
    let mut bytes = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "ledger", &mut bytes);
    print(&bytes)
}

/// Prints the manual page of the program and of each command.
pub fn man() -> Result<(), Failure> {
    let mut bytes = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut bytes)?;
    let mut command = Cli::command();
    command.build();
    for subcommand in command.get_subcommands().filter(|subcommand| subcommand.get_name() != "help") {
        let page = clap_mangen::Man::new(subcommand.clone());
        page.render_name_section(&mut bytes)?;
        page.render_synopsis_section(&mut bytes)?;
        page.render_description_section(&mut bytes)?;
        if subcommand.has_subcommands() {
            page.render_subcommands_section(&mut bytes)?;
        }
    }
    print(&bytes)
}

fn print(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = Out::stdout();
    out.raw(bytes)?;
    out.flush()
}
