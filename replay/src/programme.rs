//! The programme: how far it is, what is due next, and whether it is paused.
//!
//! Formal assessment is to reach every subject within two years of its start, which is taken as the day the
//! methodology of that kind was first approved. A subject counts as assessed when a result of any phase is on
//! record, published here or transcribed. Pauses and open assessments count by their own days, so that a past day is
//! answered as it was.

use std::collections::{BTreeMap, BTreeSet};

use ledger_core::assessment::civil::Date;
use ledger_core::assessment::codes::{AreaKind, FrameworkId, Subject};
use ledger_core::assessment::event::{Phase, TranscribedKind};
use ledger_core::assessment::{Event, EventKind, Recorded};
use ledger_core::values::Sequence;
use serde::{Deserialize, Serialize};

use crate::projection::Projection;
use crate::register::Register;

/// Days in which formal assessment is to reach every subject.
const TWO_YEARS: u64 = 730;

/// The programme for one kind of subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProgrammeView {
    /// The kind.
    pub kind: AreaKind,
    /// Subjects that exist on the day.
    pub subjects: usize,
    /// Of these, how many have a result.
    pub assessed: usize,
    /// Results by phase.
    pub by_phase: BTreeMap<Phase, usize>,
    /// Assessments open.
    pub open: usize,
    /// First day of formal assessment.
    pub formal_since: Option<Date>,
    /// Days left until every subject is to be assessed; negative when past.
    pub days_left: Option<i64>,
    /// Subjects without a result, in order of code: who is due next.
    pub next_due: Vec<Subject>,
    /// First day of the pause, if there is one.
    pub paused_since: Option<Date>,
}

/// What is known about the programme. A projection.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Programme {
    kinds: BTreeMap<FrameworkId, AreaKind>,
    formal_since: BTreeMap<AreaKind, Date>,
    pauses: BTreeMap<AreaKind, Vec<Span>>,
    assessments: BTreeMap<Sequence, (Subject, Phase, Span)>,
    results: BTreeMap<Subject, BTreeSet<(Date, Phase)>>,
}

/// Days from the first on, and before the second if there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Span {
    from: Date,
    until: Option<Date>,
}

impl Span {
    fn holds(self, day: Date) -> bool {
        self.from <= day && self.until.is_none_or(|until| day < until)
    }
}

impl Projection for Programme {
    const NAME: &'static str = "programme";
    const VERSION: u32 = 1;

    fn wants(kind: EventKind) -> bool {
        use EventKind as K;
        matches!(
            kind,
            K::FrameworkAdopted
                | K::MethodologyApproved
                | K::ProgrammePaused
                | K::ProgrammeResumed
                | K::AssessmentOpened
                | K::AssessmentClosed
                | K::FindingsPublished
                | K::RatingPublished
                | K::RatingTranscribed
        )
    }

    fn apply(&mut self, recorded: &Recorded) {
        let valid_from = recorded.valid_from();
        match &recorded.event {
            Event::FrameworkAdopted(event) => {
                self.kinds.insert(event.framework.id.clone(), event.framework.subject_kind);
            }
            Event::MethodologyApproved(event) => {
                if let Some(kind) = self.kinds.get(&event.framework) {
                    let since = self.formal_since.entry(*kind).or_insert(valid_from);
                    *since = (*since).min(valid_from);
                }
            }
            Event::ProgrammePaused(event) => {
                self.pauses.entry(event.kind).or_default().push(Span { from: valid_from, until: None });
            }
            Event::ProgrammeResumed(event) => {
                let pauses = self.pauses.get_mut(&event.kind).into_iter().flatten();
                pauses.filter(|pause| pause.until.is_none()).for_each(|pause| pause.until = Some(valid_from));
            }
            Event::AssessmentOpened(event) => {
                let open = Span { from: valid_from, until: None };
                self.assessments.insert(recorded.sequence, (recorded.subject.clone(), event.phase, open));
            }
            Event::AssessmentClosed(event) => {
                if let Some((.., open)) = self.assessments.get_mut(&event.assessment) {
                    open.until = Some(valid_from);
                }
            }
            Event::RatingPublished(event) => self.publish(recorded, event.assessment),
            Event::FindingsPublished(event) => self.publish(recorded, event.assessment),
            Event::RatingTranscribed(event) if event.kind == TranscribedKind::Result => {
                self.results.entry(recorded.subject.clone()).or_default().insert((valid_from, event.phase));
            }
            _ => {}
        }
    }
}

impl Programme {
    fn publish(&mut self, recorded: &Recorded, assessment: Sequence) {
        let phase = self.assessments.get(&assessment).map_or(Phase::Formal, |(_, phase, _)| *phase);
        self.results.entry(recorded.subject.clone()).or_default().insert((recorded.valid_from(), phase));
    }

    /// The programme for a kind on a day.
    pub fn view(&self, kind: AreaKind, register: &Register, as_of: Date) -> ProgrammeView {
        let exists = |area: &crate::register::AreaView| {
            area.valid_from.is_none_or(|from| from <= as_of) && area.valid_to.is_none_or(|to| as_of <= to)
        };
        let subjects: Vec<&Subject> = register
            .areas()
            .filter(|(subject, area)| subject.area_kind() == Some(kind) && exists(area))
            .map(|(subject, _)| subject)
            .collect();
        let results = |subject: &Subject| {
            let known = self.results.get(subject).into_iter().flatten();
            known.filter(|(date, _)| *date <= as_of).map(|(_, phase)| *phase).collect::<Vec<Phase>>()
        };
        let mut by_phase: BTreeMap<Phase, usize> = BTreeMap::new();
        let mut next_due = Vec::new();
        for subject in &subjects {
            let phases = results(subject);
            if phases.is_empty() {
                next_due.push((*subject).clone());
            }
            for phase in phases {
                *by_phase.entry(phase).or_default() += 1;
            }
        }
        let formal_since = self.formal_since.get(&kind).copied().filter(|since| *since <= as_of);
        ProgrammeView {
            kind,
            subjects: subjects.len(),
            assessed: subjects.len() - next_due.len(),
            by_phase,
            open: self.open(kind, as_of),
            formal_since,
            days_left: formal_since.map(|since| since.plus_days(TWO_YEARS).days_since(as_of)),
            next_due,
            paused_since: self.paused_since(kind, as_of),
        }
    }

    fn open(&self, kind: AreaKind, as_of: Date) -> usize {
        let of_kind = self.assessments.values().filter(|(subject, ..)| subject.area_kind() == Some(kind));
        of_kind.filter(|(.., open)| open.holds(as_of)).count()
    }

    fn paused_since(&self, kind: AreaKind, as_of: Date) -> Option<Date> {
        let mut pauses = self.pauses.get(&kind).into_iter().flatten();
        pauses.find(|pause| pause.holds(as_of)).map(|pause| pause.from)
    }
}
