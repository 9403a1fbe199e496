//! The shell around the monitor: terminal, clock, keyboard, feed.

use tokio::task::yield_now;

use super::{
    Leaving, Left, News, Options, Order, Source, TerminalOrder,
    model::{Connection, Model},
    tabs::Outbox,
    update::{Effect, Msg, update},
    view::view,
};
use crate::screen::{
    ScreenError, TypedAhead,
    shell::{self, Happening, Shell},
    terminal::{Input, Stage},
};

/// The whole terminal, taken for one monitor after another.
pub(crate) struct Screen(Shell);

impl Screen {
    /// Takes the terminal, and what was typed `ahead`. Needs a current-thread runtime with I/O and time.
    ///
    /// # Errors
    /// When it cannot be set up.
    pub(crate) fn open(ahead: &mut TypedAhead) -> Result<Self, ScreenError> {
        Ok(Self(Shell::new(Stage::full()?, ahead)?))
    }

    /// Gives it back, with what was typed for whoever comes next.
    pub(crate) fn close(self) -> TypedAhead {
        self.0.close()
    }
}

/// Shows the monitor until the operator leaves.
///
/// # Errors
/// When the terminal cannot be written to.
pub(crate) async fn run(
    screen: &mut Screen,
    source: Source,
    options: Options,
) -> Result<Left, ScreenError> {
    let shell = &mut screen.0;
    let model = Model::new(options, shell::now(), shell.stage.size());
    shell.touch();
    shell.hold();
    let mut monitor = Monitor {
        shell,
        model,
        source,
        feed_ended: false,
        readings: Outbox::default(),
    };
    let how = monitor.serve().await?;
    Ok(Left {
        how,
        status: monitor.model.status(),
        unbegun: monitor.model.unbegun(),
    })
}

/// The title of the terminal: who waits for somebody, then what is shown.
fn title(model: &Model) -> String {
    let prompts = model.run.state.prompts.count();
    let others = model.neighbours.as_ref();
    let others = others.map_or(0, |n| usize::from(n.needy.is_some()) + n.more_needy);
    let others = u64::try_from(others).unwrap_or(u64::MAX);
    let waiting = match prompts.saturating_add(others) {
        0 => String::new(),
        waiting => format!("({waiting} waiting) "),
    };
    let word = match model.link {
        Connection::Lost => "connection lost".to_owned(),
        _ => model.status().to_string(),
    };
    format!("{waiting}{} · {word}", model.options.name)
}

struct Monitor<'a> {
    shell: &'a mut Shell,
    model: Model,
    source: Source,
    feed_ended: bool,
    readings: Outbox,
}

impl Monitor<'_> {
    async fn serve(&mut self) -> Result<Leaving, ScreenError> {
        loop {
            let model = &self.model;
            if !model.is_opening() {
                self.shell.let_go();
            }
            if self.shell.is_due() {
                self.shell.stage.set_title(&title(model))?;
                self.shell.draw(|frame| view(model, frame))?;
            }
            let due = self.model.next_change_ms();
            let msg = tokio::select! {
                biased;
                happening = self.shell.happening() => match happening {
                    Happening::Frame => continue,
                    Happening::Ended(signal) => return Ok(Leaving::Signalled(signal)),
                    Happening::Resized => Msg::Resized(self.shell.stage.resize()?),
                    Happening::Suspended => Msg::Resized(self.shell.suspend()?),
                    Happening::Continued => Msg::Resized(self.shell.go_on()?),
                    Happening::Input(Input::Key(chord)) => Msg::Key(chord),
                    Happening::Input(Input::Paste(text)) => Msg::Paste(text),
                    Happening::Input(_) => continue,
                },
                // Before news, of which there may always be some.
                sent = self.source.readings.reserve(), if !self.readings.is_empty() => {
                    match (sent, self.readings.take()) {
                        (Ok(place), Some(reading)) => place.send(reading),
                        // Nobody reads any more: this screen is being left.
                        _ => self.readings = Outbox::default(),
                    }
                    continue;
                }
                news = self.source.news.recv(), if !self.feed_ended => match news {
                    Some(news) => Msg::News(news),
                    None => {
                        self.feed_ended = true;
                        Msg::FeedEnded
                    }
                },
                () = shell::wait(due) => Msg::Tick,
            };
            update(&mut self.model, Msg::Clock(shell::now()));
            let is_key = matches!(msg, Msg::Key(_)) && self.model.notice.is_none();
            let effects = update(&mut self.model, msg);
            // What a key does that only went to the command, its echo will show.
            let is_typed =
                is_key && matches!(effects[..], [Effect::Terminal(TerminalOrder::Type(_))]);
            for effect in effects {
                match effect {
                    Effect::Leave(leaving) => return Ok(leaving),
                    Effect::Alert(text) => {
                        self.shell.stage.alert(self.model.options.alerts, &text)?;
                    }
                    Effect::Repaint => {
                        self.shell.stage.resize()?;
                    }
                    Effect::Suspend if self.shell.ask_to_suspend() => {}
                    Effect::Suspend => drop(update(&mut self.model, Msg::NotSuspended)),
                    Effect::Order(order) => self.hand_out(&order),
                    Effect::Terminal(order) => self.pass(order),
                    Effect::Copy(text) => {
                        let copied = self.shell.stage.copy(&text)?;
                        update(&mut self.model, Msg::Copied(copied));
                    }
                    Effect::Read(reading) => self.readings.put(reading),
                }
            }
            match is_typed && self.model.notice.is_none() {
                // On its way before a frame that is due is drawn.
                true => yield_now().await,
                false => self.shell.touch(),
            }
        }
    }

    fn pass(&mut self, order: TerminalOrder) {
        if let Err(error) = self.source.terminal.try_send(order) {
            update(
                &mut self.model,
                Msg::News(News::NotTyped(error.to_string())),
            );
        }
    }

    fn hand_out(&mut self, order: &Order) {
        let Err(error) = self.source.orders.try_send(order.clone()) else {
            return;
        };
        let why = error.to_string();
        let news = match order {
            Order::Ask(ask) => News::Settled(*ask, Err(why)),
            Order::Launch(launch) => News::NotLaunched(*launch, why),
            Order::Reconnect => News::Lost { cause: why },
            Order::Promote(_) => News::Promoted(Err(why)),
            Order::Look => return,
        };
        update(&mut self.model, Msg::News(news));
    }
}
