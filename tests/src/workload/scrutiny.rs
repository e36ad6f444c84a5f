//! What goes on beside assessments: evidence that is held, requests and their answers, concerns, triggers, reviews.

use std::collections::VecDeque;

use ledger_core::assessment::Command;
use ledger_core::assessment::civil::{Date, Period};
use ledger_core::assessment::codes::{CategoryId, StatementId};
use ledger_core::assessment::command::{
    CloseRequest, DecideReview, DischargeTrigger, RaiseConcern, RequestEvidence, RequestReview,
    ResolveConcern, SubmitEvidence,
};
use ledger_core::assessment::event::{RequestOutcome, ReviewOutcome, Site, SourceKind, Wave};
use ledger_core::assessment::risk::Severity;
use ledger_core::log::EventId;

use super::country::Place;
use super::desk::{Desk, cite, month, second};
use super::shares::{Class, Shares};
use super::step::{Step, unstored};

/// How many matters wait before the oldest is seen to.
const WAITING: usize = 32;

/// Something that was begun and is to be ended.
#[derive(Debug)]
enum Matter {
    Concern(EventId),
    Trigger(EventId),
    Request(EventId),
    Publication(EventId),
    Review(EventId),
}

/// A request for evidence that will be answered.
#[derive(Debug)]
struct Asked {
    place: Place,
    request: EventId,
    statement: StatementId,
    category: CategoryId,
    period: Period,
}

/// What waits beside assessments.
#[derive(Debug, Default)]
pub(super) struct Scrutiny {
    matters: VecDeque<(Place, Matter)>,
    asked: VecDeque<Asked>,
    requests: u64,
}

impl Scrutiny {
    /// A published score of 1 fired a trigger, which is decided on later.
    pub(super) fn triggered(&mut self, place: Place, trigger: EventId) {
        self.matters.push_back((place, Matter::Trigger(trigger)));
    }

    /// The publication's review will be asked for.
    pub(super) fn contested(&mut self, place: Place, publication: EventId) {
        self.matters.push_back((place, Matter::Publication(publication)));
    }

    /// Evidence that answers the oldest request, once some wait; its request is closed with it.
    pub(super) fn answer(&mut self, desk: &mut Desk, shares: &mut Shares) -> Option<Step> {
        let asked = (self.asked.len() > WAITING).then(|| self.asked.pop_front())??;
        let (organisation, partner) = desk.country.partners(asked.place).swap_remove(0);
        let evidence = SubmitEvidence {
            wave: Wave::Requested,
            source: SourceKind::Organisation,
            organisation: Some(organisation),
            period: Some(asked.period),
            answers: Some(cite(asked.request)),
            ..about(vec![asked.statement], asked.category)
        };
        shares.note(Class::Rest);
        Some(desk.give_with_document(partner, asked.place, Command::SubmitEvidence(evidence)).1)
    }

    /// The next thing of the rest: what has waited long enough, or something new.
    pub(super) fn look(&mut self, desk: &mut Desk, shares: &mut Shares) -> Step {
        if self.matters.len() > WAITING
            && let Some((place, matter)) = self.matters.pop_front()
        {
            return self.settle(desk, place, matter);
        }
        match desk.dice().percent(50) {
            true => self.raise(desk, shares),
            false => self.request(desk),
        }
    }

    fn settle(&mut self, desk: &mut Desk, place: Place, matter: Matter) -> Step {
        let analyst = desk.someone(|staff| &staff.analysts);
        let reviewer = desk.someone(|staff| &staff.reviewers);
        let partner = desk.country.partners(place).swap_remove(0).1;
        let reason = unstored();
        let (actor, command) = match matter {
            Matter::Concern(concern) => {
                (analyst, Command::ResolveConcern(ResolveConcern { concern: cite(concern), reason }))
            }
            Matter::Trigger(trigger) => {
                let discharge = DischargeTrigger { trigger: cite(trigger), entry: None, reason: None };
                (analyst, Command::DischargeTrigger(discharge))
            }
            Matter::Request(request) => {
                let (request, outcome) = (cite(request), RequestOutcome::Declined);
                (partner, Command::CloseRequest(CloseRequest { request, outcome, reason: None }))
            }
            Matter::Publication(publication) => {
                let publication = cite(publication);
                (partner, Command::RequestReview(RequestReview { publication, grounds: reason }))
            }
            Matter::Review(review) => {
                let (review, outcome) = (cite(review), ReviewOutcome::Upheld);
                let decided = DecideReview { review, outcome, rescores: Vec::new(), reason };
                (reviewer, Command::DecideReview(decided))
            }
        };
        let asked_for_review = matches!(command, Command::RequestReview(_));
        let (event, step) = desk.give_with_document(actor, place, command);
        if asked_for_review {
            self.matters.push_back((place, Matter::Review(event)));
        }
        step
    }

    /// A concern; an immediate one fires a trigger.
    fn raise(&mut self, desk: &mut Desk, shares: &mut Shares) -> Step {
        let place = desk.skewed_place();
        let (statement, _) = statement_and_category(desk, place);
        let severities =
            [Severity::Low, Severity::Low, Severity::Moderate, Severity::High, Severity::Immediate];
        let severity = *desk.pick(&severities);
        let concern = RaiseConcern {
            severity,
            statements: vec![statement],
            source: SourceKind::People,
            account: unstored(),
        };
        let actor = desk.someone(|staff| &staff.analysts);
        let (event, step) = desk.give_with_document(actor, place, Command::RaiseConcern(concern));
        self.matters.push_back((place, Matter::Concern(event)));
        if severity == Severity::Immediate {
            shares.note(Class::Rest);
            self.triggered(place, second(event));
        }
        step
    }

    /// A request to the place's own organisation. Nine in ten are answered, the others declined.
    fn request(&mut self, desk: &mut Desk) -> Step {
        let place = desk.skewed_place();
        let (statement, category) = statement_and_category(desk, place);
        let period = wanted(self.requests);
        self.requests += 1;
        let (organisation, _) = desk.country.partners(place).swap_remove(0);
        let request = RequestEvidence {
            assessment: None,
            statement: statement.clone(),
            category: category.clone(),
            organisation,
            period: Some(period),
            due: Date::in_london(desk.now()).plus_days(28),
            description: None,
            again: None,
            trigger: None,
        };
        let actor = desk.someone(|staff| &staff.assessors);
        let (event, step) = desk.give(actor, place, Command::RequestEvidence(request));
        match desk.dice().percent(90) {
            true => self.asked.push_back(Asked { place, request: event, statement, category, period }),
            false => self.matters.push_back((place, Matter::Request(event))),
        }
        step
    }
}

/// The period the request of this number asks about. None lies within that of an earlier request or of other
/// evidence, so that nothing held answers it: each 3,000 requests ask for a day more, and none for less than 90.
fn wanted(number: u64) -> Period {
    let from = Date::new(2016, 1, 1).unwrap_or(Date::EARLIEST).plus_days(number % 3_000);
    Period { from, to: from.plus_days(89 + number / 3_000) }
}

/// Evidence that was held or collected, for no assessment.
pub(super) fn evidence(desk: &mut Desk) -> Step {
    let place = desk.skewed_place();
    let (statement, category) = statement_and_category(desk, place);
    let evidence = SubmitEvidence { period: Some(some_month(desk)), ..about(vec![statement], category) };
    let actor = desk.someone(|staff| &staff.assessors);
    desk.give_with_document(actor, place, Command::SubmitEvidence(evidence)).1
}

/// Evidence about these statements, its document still to come.
pub(super) fn about(statements: Vec<StatementId>, category: CategoryId) -> SubmitEvidence {
    SubmitEvidence {
        assessment: None,
        statements,
        category,
        wave: Wave::Held,
        site: Site::OffSite,
        source: SourceKind::People,
        organisation: None,
        period: None,
        tags: Vec::new(),
        answers: None,
        result: None,
        reference: None,
        documents: Vec::new(),
    }
}

pub(super) fn some_month(desk: &mut Desk) -> Period {
    month(2025, 1 + desk.below(12) as u32)
}

fn statement_and_category(desk: &mut Desk, place: Place) -> (StatementId, CategoryId) {
    let method = desk.country.method(place);
    let (statements, categories) = (method.statements.len(), method.categories.len());
    let (statement, category) = (desk.below(statements), desk.below(categories));
    let method = desk.country.method(place);
    (method.statements[statement].clone(), method.categories[category].clone())
}
