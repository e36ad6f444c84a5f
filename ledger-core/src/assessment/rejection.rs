//! Rejections: well-formed commands that may not be done. A closed list with stable codes.
//!
//! The order of the variants is the order of precedence: of two faults in one command, the one listed first is
//! reported. Every message names the value and what to do. Malformed commands are refused earlier, by their
//! types. Left out: the rules themselves (`decide`).

use super::civil::Date;
use super::codes::{
    ActorId, AreaKind, CategoryId, Code, FrameworkId, OrganisationId, PriorityId, StatementId, Subject, TagId,
};
use super::command::Citation;
use crate::log::{CommandId, VerifierKey};
use crate::values::{Hash, Sequence, Timestamp};

/// Declares the rejections once: variants, stable codes, meanings and messages, in order of precedence.
macro_rules! rejections {
    ($($variant:ident { $($field:ident: $type:ty),* $(,)? } = $code:literal: $meaning:literal, $message:literal;)*) => {
        /// Why a well-formed command may not be done. The fields are the values its message prints.
        #[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
        #[allow(missing_docs, reason = "the message of each variant says what its fields are")]
        pub enum Rejection {
            $(#[doc = $meaning] #[error($message)] $variant { $($field: $type),* },)*
        }

        impl Rejection {
            /// The stable code, snake case.
            pub fn code(&self) -> &'static str {
                match self {
                    $(Rejection::$variant { .. } => $code,)*
                }
            }

            /// Every code with its meaning, in order of precedence.
            pub const CODES: &'static [(&'static str, &'static str)] = &[$(($code, $meaning),)*];
        }
    };
}

rejections! {
    // The envelope.
    RecordedTimeRequired {} = "recorded_time_required":
        "The ledger has a simulated clock and the command states no recorded time",
        "this ledger has a simulated clock: state the recorded time";
    RecordedTimeRefused { stated: Timestamp } = "recorded_time_refused":
        "The ledger has a system clock and the command states a recorded time",
        "recorded time {stated} was stated, but this ledger records by its own clock: leave it out";
    CommandIdReused { id: CommandId, sequence: Sequence } = "command_id_reused":
        "The command id was used for another command",
        "command id {id} was used for other content at entry {sequence}: give the new command an id of its own";
    ClockBehind { clock: Timestamp, last: Timestamp } = "clock_behind":
        "The clock is more than 5 seconds behind the last entry",
        "the clock says {clock}, more than 5 s before the last entry's {last}: set the clock, or wait until it has caught up";
    CommandIdTooOld { id: CommandId } = "command_id_too_old":
        "The command id is at or below the oldest that is still remembered",
        "command id {id} is older than the ids still remembered, so a repeat could not be told: give a new id";
    CommandIdAhead { id: CommandId, clock: Timestamp } = "command_id_ahead":
        "The command id carries a time more than 5 minutes ahead of the ledger's clock",
        "command id {id} carries a time more than 5 minutes ahead of the clock's {clock}: make ids from the current time";
    ExpectedVersionUnmet { subject: Subject, expected: u32, actual: u32 } = "expected_version_unmet":
        "A subject's history has moved on from the version the giver saw",
        "{subject} is at version {actual}, not {expected}: read what was added, then decide again";
    TimeAhead { time: Timestamp, recorded: Timestamp } = "time_ahead":
        "The stated time lies after the recorded time",
        "time {time} lies after the recorded time {recorded}: state when it happened, or leave it out";
    // Who.
    ActorUnknown { actor: ActorId } = "actor_unknown":
        "No actor with this id was enrolled",
        "actor {actor} is not enrolled: an operator enrols it with actor.enrol";
    ActorRevoked { actor: ActorId } = "actor_revoked":
        "The actor was revoked",
        "actor {actor} was revoked: an operator may enrol it again";
    RoleMissing { actor: ActorId, command: &'static str, roles: String } = "role_missing":
        "The actor has none of the roles that may give this command",
        "actor {actor} may not give {command}: it takes the role {roles}";
    // On what.
    SubjectUnfit { subject: Subject, command: &'static str, expected: &'static str } = "subject_unfit":
        "The command does not go on this kind of subject",
        "{command} does not go on {subject}: {expected} expected";
    SubjectUnknown { subject: Subject } = "subject_unknown":
        "The area is not registered",
        "{subject} is not registered: see `ledger area list`, or register it first";
    SubjectNotValid { subject: Subject, date: Date, from: String, to: String } = "subject_not_valid":
        "The area did not exist on the date",
        "{subject} did not exist on {date}: it is valid from {from} to {to}; see `ledger area show` for successors";
    DocumentMissing { commitment: Hash } = "document_missing":
        "The vault does not hold a document that the command cites",
        "document {commitment} is not in the vault: store it first with `ledger document add`";
    EntryUnknown { citation: Citation } = "entry_unknown":
        "A cited entry does not exist, or its event id is no longer remembered",
        "{citation} names no entry of this ledger: cite an entry by its sequence number";
    EntryUnfit { sequence: Sequence, found: &'static str, expected: &'static str } = "entry_unfit":
        "A cited entry is not what the command needs there, or belongs to another subject",
        "entry {sequence} is {found}, but {expected} is needed there";
    FrameworkUnknown { framework: FrameworkId } = "framework_unknown":
        "The framework was not adopted",
        "framework {framework} was not adopted: see `ledger framework list`";
    FrameworkNotInForce { framework: FrameworkId, date: Date } = "framework_not_in_force":
        "The framework is not the method on the date",
        "framework {framework} is not in force on {date}: see `ledger framework list` for the one that is";
    FrameworkUnfit { framework: FrameworkId, subject: Subject } = "framework_unfit":
        "The framework assesses another kind of subject",
        "framework {framework} does not assess {subject}: choose one for its kind";
    StatementUnknown { statement: StatementId } = "statement_unknown":
        "The framework has no such quality statement",
        "quality statement {statement} is not in the framework: see `ledger framework show`";
    CategoryUnknown { category: CategoryId } = "category_unknown":
        "The framework does not use this evidence category",
        "evidence category {category} is not used by the framework: see `ledger framework show`";
    TagUnknown { tag: TagId } = "tag_unknown":
        "The framework has no such purpose, topic or duty",
        "tag {tag} is no purpose, topic or duty of the framework: see `ledger framework show`";
    PriorityUnknown { priority: PriorityId } = "priority_unknown":
        "No such priority is published",
        "priority {priority} is not published for this kind of subject";
    IndicatorUnknown { indicator: Code } = "indicator_unknown":
        "The indicator was not defined",
        "indicator {indicator} is not defined: see `ledger indicator list`, or define it first";
    ThemeUnknown { theme: Subject } = "theme_unknown":
        "The thematic review was not opened",
        "{theme} was not opened: see `ledger theme show`, or open it first";
    QuestionUnknown { question: Code, theme: Subject } = "question_unknown":
        "The thematic review has no such question",
        "{theme} has no question {question}: see `ledger theme show`";
    LevelUnknown { level: Code, question: Code } = "level_unknown":
        "The question's scale has no such level",
        "question {question} has no level {level}: its scale is its own and never a score";
    OrganisationNotOwn { actor: ActorId, organisation: String } = "organisation_not_own":
        "A partner acts for an organisation it does not belong to",
        "partner {actor} may act for its own organisation only, not for {organisation}";
    OrganisationUnknown { organisation: OrganisationId, subject: Subject } = "organisation_unknown":
        "The organisation does not belong to the area",
        "{organisation} does not belong to {subject}: see `ledger area show`, or add it first";
    // Foundation and programme.
    NoEffect { what: String } = "no_effect":
        "The command would change nothing",
        "{what}: there is nothing to record";
    LastOperator { actor: ActorId } = "last_operator":
        "The last operator cannot be revoked or lose that role",
        "{actor} is the last operator: enrol another before";
    KeyUnfit { key: VerifierKey, expected: String } = "key_unfit":
        "The key is of another kind or name than is needed there",
        "the key {key} does not fit: {expected}";
    KeyKnown { key: VerifierKey } = "key_known":
        "The key was introduced before",
        "the key {key} was introduced before and signs no second time: make a new one";
    WitnessUnknown { key: VerifierKey } = "witness_unknown":
        "No such witness is asked for cosignatures",
        "{key} is no witness of this ledger: see `ledger witness list`";
    AreaKnown { subject: Subject } = "area_known":
        "The area is registered already",
        "{subject} is registered already: amend it with area.add-organisation or correction.record";
    PeriodBackwards { from: Date, to: Date } = "period_backwards":
        "Something ends before it begins",
        "it would begin on {from} and end on {to}: state an end that is not before the beginning";
    SuccessionCycle { subject: Subject } = "succession_cycle":
        "An area would succeed itself",
        "{subject} would succeed itself: name areas that follow it in time";
    IndicatorKnown { indicator: Code, version: u32 } = "indicator_known":
        "This version of the indicator was defined already",
        "version {version} of indicator {indicator} was defined already and never changes: give the new one a higher version";
    ThemeKnown { theme: Subject } = "theme_known":
        "The thematic review was opened already",
        "{theme} was opened already: choose another id";
    ObservationUnfit { what: String } = "observation_unfit":
        "The figure cannot be one of this indicator",
        "{what}";
    ObservationKnown { indicator: Code, sequence: Sequence } = "observation_known":
        "A figure of this indicator for this period is on record",
        "indicator {indicator} was observed for this period at entry {sequence}: define a new version if the method changed";
    FrameworkKnown { framework: FrameworkId } = "framework_known":
        "A framework version with this id was adopted already",
        "framework {framework} was adopted already and never changes: give the new version a new id";
    FrameworkIncoherent { framework: FrameworkId, what: String } = "framework_incoherent":
        "The framework's definition contradicts itself",
        "framework {framework} cannot be adopted: {what}";
    CalendarEnds { last_year: String } = "calendar_ends":
        "A deadline lies beyond the last year whose bank holidays are known",
        "the deadline lies beyond {last_year}, the last year whose bank holidays are known: proclaim the next ones first";
    ProgrammePaused { kind: AreaKind } = "programme_paused":
        "The programme is paused for this kind of subject",
        "assessments of kind {kind} are paused: resume the programme first";
    MethodologyNotApproved { framework: FrameworkId } = "methodology_not_approved":
        "A formal or ongoing assessment needs an approved methodology",
        "framework {framework} is not approved: formal assessment needs the Secretary of State's approval on record";
    // Assessment.
    AssessmentOverlaps { sequence: Sequence, statement: StatementId } = "assessment_overlaps":
        "Another open assessment covers the same statement",
        "assessment {sequence} is open over {statement}: close it first or leave the statement out";
    AssessmentNotOpen { sequence: Sequence } = "assessment_not_open":
        "The assessment is closed",
        "assessment {sequence} is not open: open a new one";
    StatementOutOfScope { statement: StatementId, assessment: Sequence } = "statement_out_of_scope":
        "The statement is not in the assessment's scope",
        "{statement} is not in scope of assessment {assessment}: see `ledger assessment show`";
    AlreadyHeld { sequence: Sequence } = "already_held":
        "Evidence that answers the request is held already",
        "entry {sequence} already answers this: cite it, or ask again with a reason (--again)";
    AlreadyAsked { sequence: Sequence } = "already_asked":
        "The same request is open already",
        "request {sequence} already asks for this: wait for its answer, or ask again with a reason (--again)";
    RequestNotOpen { sequence: Sequence } = "request_not_open":
        "The request was answered or closed",
        "request {sequence} is not open: submit the evidence without naming it";
    ResultUnfit { what: String } = "result_unfit":
        "The result named as evidence cannot be used for this subject",
        "{what}";
    MethodUnfit { framework: FrameworkId, expected: &'static str } = "method_unfit":
        "A category score under a statement method, or the reverse",
        "framework {framework} takes {expected}";
    EvidenceMissing { statement: StatementId } = "evidence_missing":
        "A score without evidence",
        "the score of {statement} cites no evidence: cite at least one item";
    EvidenceTooMuch { count: usize } = "evidence_too_much":
        "A score or finding cites more than 200 items of evidence",
        "{count} items of evidence are cited; at most 200 fit";
    EvidenceUnrelated { sequence: Sequence, statement: String } = "evidence_unrelated":
        "Cited evidence does not bear on the statement, or is of another category",
        "evidence {sequence} does not bear on {statement}: cite evidence submitted for it";
    EvidenceNotShared { sequence: Sequence, from: Subject, subject: Subject } = "evidence_not_shared":
        "Cited evidence belongs to another subject and was not shared",
        "evidence {sequence} belongs to {from} and was not shared with {subject}: share it first";
    EvidenceWithdrawn { sequence: Sequence } = "evidence_withdrawn":
        "Cited evidence was withdrawn",
        "evidence {sequence} was withdrawn: cite other evidence";
    EvidenceErased { sequence: Sequence } = "evidence_erased":
        "A document of cited evidence was erased",
        "a document of evidence {sequence} was erased: cite other evidence";
    EvidenceOnlyProviderRatings { statement: StatementId } = "evidence_only_provider_ratings":
        "A statement would be scored on provider ratings alone",
        "{statement} would rest on provider ratings alone, which inform and never determine: cite other evidence too";
    RequiredCategoryMissing { statement: StatementId, category: CategoryId } = "required_category_missing":
        "Evidence of a required category is missing",
        "{statement} needs evidence of category {category}: cite some";
    AlreadyScored { statement: StatementId, sequence: Sequence } = "already_scored":
        "The statement has a score in this assessment",
        "{statement} was scored at entry {sequence}: change it with score.change";
    NotScored { statement: StatementId } = "not_scored":
        "The statement has no score in this assessment",
        "{statement} has no score here: assign one with score.assign";
    LegalBasisMissing { commitment: Hash } = "legal_basis_missing":
        "Erasure without a legal basis",
        "document {commitment} can only be erased on a legal basis: state it";
    DocumentNotCited { commitment: Hash, sequence: Sequence } = "document_not_cited":
        "The entry named does not cite the document",
        "entry {sequence} does not cite document {commitment}: name an entry that does";
    // Draft and factual accuracy.
    DraftIncomplete { statement: StatementId } = "draft_incomplete":
        "A statement in scope is unscored",
        "{statement} is in scope and unscored: score it before sharing the draft";
    DraftUnmoderated { statement: StatementId } = "draft_unmoderated":
        "A score is unmoderated where the framework asks for moderation",
        "the score of {statement} is not moderated: the framework asks for it";
    DraftRecipientMissing { organisation: String } = "draft_recipient_missing":
        "The draft does not go to everyone entitled to it",
        "{organisation} is entitled to the draft: add it to the recipients";
    DraftWindowPast { closes: Date } = "draft_window_past":
        "The window for challenges would have closed before the draft is recorded, or the email lies in the future",
        "the window would close on {closes}: record the draft by then, with an email date that is not in the future";
    DraftNotCurrent { sequence: Sequence } = "draft_not_current":
        "The draft was replaced, or the assessment has none",
        "draft {sequence} is not the current draft of an open assessment: use the latest one";
    ChallengerNotEntitled { organisation: String } = "challenger_not_entitled":
        "The challenger is not an organisation of the area",
        "{organisation} is not an organisation of the area and may not comment on its draft";
    ChallengeLate { closed: Date } = "challenge_late":
        "The window for challenges has closed",
        "the window closed at the end of {closed}, London time: ask for a review after publication";
    ChallengeWithoutEvidence {} = "challenge_without_evidence":
        "A challenge of inaccuracy without evidence of the position at the time",
        "ground (b) needs evidence of the position at the time: add evidence or documents";
    ChallengeDecided { sequence: Sequence } = "challenge_decided":
        "The challenge was decided already",
        "challenge {sequence} was decided already";
    OutcomeUnfit { what: &'static str } = "outcome_unfit":
        "The outcome stated does not fit what goes with it",
        "{what}";
    ExtensionNotLater { closes: Date } = "extension_not_later":
        "An extension that does not extend",
        "the window already closes on {closes}: state a later working day";
    // Corrections.
    FieldUncorrectable { sequence: Sequence, field: String } = "field_uncorrectable":
        "The field is not on the closed list for that event",
        "{field} of entry {sequence} cannot be corrected: a score is changed by score.change, a result by republication";
    WasDiffers { sequence: Sequence, stands: String, was: String } = "was_differs":
        "The value stated as standing is not the one that stands",
        "entry {sequence} stands at {stands}, not {was}: state the value that stands now";
    // Publication.
    DraftMissing { assessment: Sequence } = "draft_missing":
        "Nothing was shared for factual accuracy",
        "assessment {assessment} has no draft: share one for its factual accuracy check first";
    ScoresMoved { assessment: Sequence } = "scores_moved":
        "A score or cited evidence changed after the draft",
        "scores or evidence of assessment {assessment} changed after its draft: share a new draft, which opens a new window";
    ChallengesUndecided { sequence: Sequence } = "challenges_undecided":
        "A challenge is undecided",
        "challenge {sequence} is undecided: decide it first";
    WindowOpen { closes: Date } = "window_open":
        "The window is open and not everyone entitled has confirmed",
        "the window for challenges is open until the end of {closes} and not everyone entitled has confirmed";
    PriorityNotAddressed { priority: PriorityId } = "priority_not_addressed":
        "A published priority is not addressed",
        "published priority {priority} must be addressed by a formal assessment";
    CommentaryMissing { tag: TagId } = "commentary_missing":
        "A formal publication lacks a commentary on a topic or duty",
        "a formal publication needs a commentary on {tag}";
    FindingsMissing { assessment: Sequence } = "findings_missing":
        "No findings were published for the draft",
        "findings of assessment {assessment} are not published: publish them first";
    RatingsNotAuthorised { kind: AreaKind, date: Date } = "ratings_not_authorised":
        "Ratings are not authorised for this kind of subject",
        "ratings of kind {kind} are not authorised on {date}: publish findings only";
    ResultDiffers { stated: String, computed: String } = "result_differs":
        "The percentage or rating stated is not the one computed",
        "stated {stated}, computed {computed}: check the scores, then state the computed result";
    NotPublished { sequence: Sequence } = "not_published":
        "The result was not published, or was withdrawn",
        "entry {sequence} is no published result that stands: see `ledger history`";
    // Review, ending, risk.
    ReviewPending { sequence: Sequence } = "review_pending":
        "A review of the publication was asked for already",
        "review {sequence} of this publication was asked for already";
    ReviewNotOpen { sequence: Sequence } = "review_not_open":
        "The review was decided already, or asks for no republication",
        "review {sequence} is not awaiting this: see `ledger history`";
    NoticeUnfit { what: &'static str } = "notice_unfit":
        "No decision on a notice is due",
        "{what}";
    ItemUnknown { item: String } = "item_unknown":
        "The result has no such required improvement",
        "{item} is no required improvement of the result: each action answers one";
    ActionUnknown { action: String } = "action_unknown":
        "The plan has no such action",
        "the plan has no action {action}: see `ledger plan show`";
    BodyNotAccountable { body: String, organisation: OrganisationId } = "body_not_accountable":
        "The body is not accountable for the organisation",
        "{body} is not accountable for {organisation}: name the body that is";
    EscalationNotOpen { sequence: Sequence } = "escalation_not_open":
        "The escalation was answered already",
        "escalation {sequence} was answered already";
    ConcernNotOpen { sequence: Sequence } = "concern_not_open":
        "The concern was resolved already",
        "concern {sequence} was resolved already";
    TriggerNotOpen { sequence: Sequence } = "trigger_not_open":
        "The trigger was discharged already",
        "trigger {sequence} was discharged already";
    ReasonMissing { what: &'static str } = "reason_missing":
        "A decision without its reason",
        "{what}: add the reason as a document";
    // Last, because they need all of the above.
    DutiesNotSeparate { actor: ActorId, did: String } = "duties_not_separate":
        "The actor took part in what it would now judge",
        "{actor} {did}: someone else must do this";
    HistoryFull { subject: Subject } = "history_full":
        "The subject's history has 2147483647 entries",
        "the history of {subject} is full";
    EntryTooLarge { bytes: usize } = "entry_too_large":
        "An event would not fit into an entry of 16 KiB",
        "the entry would have {bytes} bytes; at most 16384 fit: put long text into documents";
}
