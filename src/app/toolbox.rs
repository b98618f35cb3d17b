//! What the assistant can do: the one list of tools, and the clients they use.

use std::sync::Arc;

use super::{World, services::Services};
use crate::{
    assistant::toolbox::{AnyTool, Toolbox},
    calendar::Calendar,
    clients::google::{GmailMailer, GoogleCalendar},
    mail::Mailer,
    setup::Met,
    tools,
};

/// The tools, with their clients.
pub(super) fn with(services: &Services, world: &World, met: &Arc<Met>) -> anyhow::Result<Toolbox> {
    let (http, base, clock) = (&services.http, services.google_base.as_ref(), &world.clock);
    let mailer = GmailMailer::new(http, base, Arc::clone(clock), Arc::clone(met))?.with_patience(world.patience.mail);
    let calendar = GoogleCalendar::new(http, base, Arc::clone(clock), Arc::clone(met))?;
    Ok(list(Arc::new(mailer), Arc::new(calendar)))
}

/// The one list of tools.
fn list(mailer: Arc<dyn Mailer>, calendar: Arc<dyn Calendar>) -> Toolbox {
    let tools: [Arc<dyn AnyTool>; 9] = [
        Arc::new(tools::ListTeachingClasses),
        Arc::new(tools::GetTeachingClass),
        Arc::new(tools::ListStudents),
        Arc::new(tools::GetStudent),
        Arc::new(tools::ForecastPassing),
        Arc::new(tools::ShowChart),
        Arc::new(tools::ListEvents::new(Arc::clone(&calendar))),
        Arc::new(tools::ScheduleMeeting::new(calendar)),
        Arc::new(tools::SendEmailToStudent::new(mailer)),
    ];
    Toolbox::new(tools)
}
