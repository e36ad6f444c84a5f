//! How the program ends: every failure with its message, its code for programs, and its exit status.
//!
//! The map from failure to status is written here once. Left out: what went wrong, which each operation knows.

use std::io::ErrorKind;
use std::path::Path;

use ledger_core::assessment::Rejection;
use ledger_core::export::{ExportError, ExportFailure};
use ledger_core::store::{
    AppendError, BuildError, CheckpointFileError, KeyFileError, OpenError, ReadError, VaultError,
    WitnessError,
};
use ledger_core::values::Malformed;
use ledger_core::{
    BackupError, NotaryError, OpenLedgerError, RepairError, RestoreError, SubmitError, TreeError,
};

/// Why the program did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A check found something. The finding is on standard output already where there is one to show.
    #[error("{0}")]
    Check(String),
    /// Arguments that do not fit together. Nothing was done.
    #[error("{0}")]
    Usage(String),
    /// Input that is not spelled as it must be. Nothing was recorded of it.
    #[error("{0}")]
    Malformed(String),
    /// The directory is no ledger that can be used as asked.
    #[error("{0}")]
    Unusable(String),
    /// A well-formed command that may not be done. Nothing was recorded of it.
    #[error("{place}rejected ({code}): {message}", code = rejection.code(), message = rejection)]
    Rejected {
        /// File and line, where it came from one; else empty.
        place: String,
        /// Why.
        rejection: Rejection,
    },
    /// The disk is full, or so full that the reserve is reached. Nothing more was recorded: free some space and repeat.
    #[error("{0}")]
    NoSpace(String),
    /// The disk or the log failed. Nothing more was recorded.
    #[error("{0}")]
    Storage(String),
    /// Standard output or another stream could not be written.
    #[error("cannot write output: {0}")]
    Output(std::io::Error),
    /// A commit may or may not have happened.
    #[error("{0}")]
    Unknown(String),
}

impl Failure {
    /// The exit status: 0 done; 1 a check found something; 2 usage or malformed input; 3 rejected; 4 storage or
    /// input and output; 5 unknown outcome.
    pub fn status(&self) -> u8 {
        match self {
            Failure::Check(_) => 1,
            Failure::Usage(_) | Failure::Malformed(_) | Failure::Unusable(_) => 2,
            Failure::Rejected { .. } => 3,
            Failure::NoSpace(_) | Failure::Storage(_) => 4,
            // A reader that has seen enough is no failure.
            Failure::Output(error) if error.kind() == ErrorKind::BrokenPipe => 0,
            Failure::Output(_) => 4,
            Failure::Unknown(_) => 5,
        }
    }

    /// The stable code that programs read.
    pub fn code(&self) -> &'static str {
        match self {
            Failure::Check(_) => "check_failed",
            Failure::Usage(_) => "usage",
            Failure::Malformed(_) => "malformed",
            Failure::Unusable(_) => "ledger_unusable",
            Failure::Rejected { rejection, .. } => rejection.code(),
            Failure::NoSpace(_) => "no_space",
            Failure::Storage(_) => "storage",
            Failure::Output(_) => "output",
            Failure::Unknown(_) => "unknown_outcome",
        }
    }

    /// The same failure, said to have happened at `place`, such as a file's line.
    pub fn at(self, place: &str) -> Failure {
        let placed = |message: String| format!("{place}: {message}");
        match self {
            Failure::Check(message) => Failure::Check(placed(message)),
            Failure::Usage(message) => Failure::Usage(placed(message)),
            Failure::Malformed(message) => Failure::Malformed(placed(message)),
            Failure::Unusable(message) => Failure::Unusable(placed(message)),
            Failure::Rejected { place: inner, rejection } => {
                Failure::Rejected { place: format!("{place}: {inner}"), rejection }
            }
            Failure::NoSpace(message) => Failure::NoSpace(placed(message)),
            Failure::Storage(message) => Failure::Storage(placed(message)),
            Failure::Output(error) => Failure::Output(error),
            Failure::Unknown(message) => Failure::Unknown(placed(message)),
        }
    }

    /// Says it on standard error, in one line, and gives the exit status.
    pub fn report(&self, json: bool) -> u8 {
        let quiet = matches!(self, Failure::Output(error) if error.kind() == ErrorKind::BrokenPipe);
        if !quiet {
            // Rejections and messages of others may span lines; one line is promised.
            let message = self.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
            if json {
                eprintln!("{}", serde_json::json!({ "error": { "code": self.code(), "message": message } }));
            } else {
                eprintln!("error: {message}");
            }
        }
        self.status()
    }

    /// A file or stream that the operating system would not read.
    pub fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
        Failure::Malformed(format!("'{}' cannot be read ({error}): check the path", path.display()))
    }
}

impl From<Malformed> for Failure {
    fn from(error: Malformed) -> Self {
        Failure::Malformed(error.to_string())
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Failure::Output(error)
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        Failure::Storage(error.to_string())
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        let message = error.to_string();
        match error {
            OpenError::Missing { .. } | OpenError::NotALedger { .. } => {
                Failure::Unusable(format!("{message} (`ledger init --data DIR --actor ID`)"))
            }
            OpenError::NotEmpty { .. }
            | OpenError::AlreadyALedger { .. }
            | OpenError::HeadFileTaken { .. }
            | OpenError::Unfinished { .. }
            | OpenError::Restored { .. }
            | OpenError::NotRestored { .. }
            | OpenError::NotWritable { .. }
            | OpenError::Held { .. } => Failure::Unusable(message),
            OpenError::NoSpace { .. } => Failure::NoSpace(message),
            OpenError::Blobs { .. }
            | OpenError::Panicked { .. }
            | OpenError::Damaged { .. }
            | OpenError::Rollback { .. }
            | OpenError::BehindHeadFile { .. }
            | OpenError::Hangs { .. }
            | OpenError::Io { .. } => Failure::Storage(message),
        }
    }
}

impl From<WitnessError> for Failure {
    fn from(error: WitnessError) -> Self {
        let message = error.to_string();
        match error {
            WitnessError::NotAWitness { .. } | WitnessError::Held { .. } => Failure::Unusable(message),
            WitnessError::OtherName { .. } => Failure::Usage(message),
            WitnessError::Malformed(_) => Failure::Malformed(message),
            WitnessError::Damaged { .. } | WitnessError::Io { .. } => Failure::Storage(message),
        }
    }
}

impl From<VaultError> for Failure {
    fn from(error: VaultError) -> Self {
        let message = error.to_string();
        match error {
            VaultError::TooLarge { .. } | VaultError::MediaType(_) | VaultError::NotHeld { .. } => {
                Failure::Malformed(message)
            }
            VaultError::Erased { .. } => Failure::Usage(message),
            VaultError::NoSpace(_) => Failure::NoSpace(message),
            VaultError::WeakSecret
            | VaultError::Refused(_)
            | VaultError::Damaged { .. }
            | VaultError::Io { .. } => Failure::Storage(message),
            VaultError::Failed(_) => Failure::Unknown(message),
        }
    }
}

impl From<OpenLedgerError> for Failure {
    fn from(error: OpenLedgerError) -> Self {
        match error {
            OpenLedgerError::Store(error) => error.into(),
            OpenLedgerError::Vault(error) => error.into(),
            OpenLedgerError::Read(error) => error.into(),
            OpenLedgerError::Notary(error) => error.into(),
            OpenLedgerError::Illegal { .. } | OpenLedgerError::Founding(_) => {
                Failure::Storage(error.to_string())
            }
            OpenLedgerError::Empty => Failure::Unusable(error.to_string()),
        }
    }
}

impl From<NotaryError> for Failure {
    fn from(error: NotaryError) -> Self {
        match error {
            NotaryError::Tree(error) => error.into(),
            NotaryError::Key(error) => error.into(),
            NotaryError::Checkpoint(error) => error.into(),
            NotaryError::NotOurs { .. } | NotaryError::Missing { .. } => Failure::Storage(error.to_string()),
        }
    }
}

impl From<TreeError> for Failure {
    fn from(error: TreeError) -> Self {
        match error {
            TreeError::Beyond { .. } => Failure::Usage(error.to_string()),
            TreeError::Read(_)
            | TreeError::Shorter { .. }
            | TreeError::Differs { .. }
            | TreeError::Changed { .. }
            | TreeError::Unproved(_) => Failure::Storage(error.to_string()),
        }
    }
}

impl From<KeyFileError> for Failure {
    fn from(error: KeyFileError) -> Self {
        match error {
            KeyFileError::Open { .. } => Failure::Unusable(error.to_string()),
            KeyFileError::Damaged { .. } | KeyFileError::NotInForce { .. } | KeyFileError::Io { .. } => {
                Failure::Storage(error.to_string())
            }
        }
    }
}

impl From<CheckpointFileError> for Failure {
    fn from(error: CheckpointFileError) -> Self {
        Failure::Storage(error.to_string())
    }
}

impl From<AppendError> for Failure {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::NoSpace(_) => Failure::NoSpace(error.to_string()),
            AppendError::WrongLength { .. } | AppendError::Refused(_) => Failure::Storage(error.to_string()),
            AppendError::Unknown(_) => Failure::Unknown(error.to_string()),
        }
    }
}

impl From<BuildError> for Failure {
    fn from(error: BuildError) -> Self {
        match error {
            BuildError::Open(error) => error.into(),
            BuildError::Append(error) => error.into(),
            BuildError::Read(error) => error.into(),
            BuildError::Vault(error) => error.into(),
            BuildError::Differs { .. } => Failure::Unusable(error.to_string()),
        }
    }
}

impl From<ExportFailure> for Failure {
    fn from(error: ExportFailure) -> Self {
        match error {
            ExportFailure::Read(error) => error.into(),
            ExportFailure::Vault(error) => error.into(),
            ExportFailure::Write(error) => Failure::Output(error),
            ExportFailure::Damaged { .. } => Failure::Storage(error.to_string()),
            ExportFailure::Beyond { .. } => Failure::Usage(error.to_string()),
        }
    }
}

impl From<ExportError> for Failure {
    fn from(error: ExportError) -> Self {
        Failure::Malformed(error.to_string())
    }
}

impl From<RestoreError> for Failure {
    fn from(error: RestoreError) -> Self {
        match error {
            RestoreError::Build(error) => error.into(),
            RestoreError::Export { .. } | RestoreError::OtherLoss { .. } => {
                Failure::Malformed(error.to_string())
            }
        }
    }
}

impl From<RepairError> for Failure {
    fn from(error: RepairError) -> Self {
        match error {
            RepairError::Build(error) => error.into(),
            RepairError::Export(error) => error.into(),
            RepairError::OtherHistory { .. } | RepairError::Loss { .. } => {
                Failure::Unusable(error.to_string())
            }
        }
    }
}

impl From<BackupError> for Failure {
    fn from(error: BackupError) -> Self {
        match error {
            BackupError::Build(error) => error.into(),
            BackupError::Read(error) => error.into(),
            BackupError::KeysInside { .. } => Failure::Usage(error.to_string()),
        }
    }
}

impl From<SubmitError> for Failure {
    fn from(error: SubmitError) -> Self {
        match error {
            SubmitError::Rejected(rejection) => Failure::Rejected { place: String::new(), rejection },
            SubmitError::NoSpace(_) => Failure::NoSpace(error.to_string()),
            SubmitError::NotTried | SubmitError::Refused(_) | SubmitError::Closed => {
                Failure::Storage(error.to_string())
            }
            SubmitError::Unknown(_) => Failure::Unknown(error.to_string()),
        }
    }
}
