//! The floor: a bare handler that makes the same two streaming calls with the
//! same client and passes the text on. No sign-in, no store, no tool, no page.

use std::sync::Arc;

use actix_web::{
    App, HttpResponse, HttpServer,
    error::ErrorBadGateway,
    web::{self, Bytes, Data},
};
use futures_util::{StreamExt, stream};
use serde_json::json;
use teachers_aide::{
    assistant::{
        model::{Message, Model, ModelCall, ModelError, ModelEvent, ModelRequest, ToolSchema},
        toolbox::{AnyTool, Toolbox},
        trusted::Trusted,
    },
    clients::{http::HttpClients, openai::OpenAiModel},
    settings::Outbound,
    tools,
};
use url::Url;

use crate::child;

/// As long as the application's own rules and its tool's result, and as many tools
/// as it has: the two calls are of the same size, some 8 kB and 11 kB.
const RULES: usize = 2_100;
const RESULT: usize = 2_500;
const TOOLS: usize = 9;

struct Floor {
    model: OpenAiModel,
    tools: Arc<[ToolSchema]>,
    rules: String,
    result: String,
}

impl Floor {
    fn new(model: &Url) -> anyhow::Result<Self> {
        let http = HttpClients::new(&Outbound::default())?;
        let tools: [Arc<dyn AnyTool>; 5] = [
            Arc::new(tools::ListTeachingClasses),
            Arc::new(tools::GetTeachingClass),
            Arc::new(tools::ListStudents),
            Arc::new(tools::GetStudent),
            Arc::new(tools::ForecastPassing),
        ];
        Ok(Self {
            model: OpenAiModel::new(http.stream, model, None, "mock".to_owned()),
            tools: Toolbox::new(tools).schemas().iter().cycle().take(TOOLS).cloned().collect(),
            rules: "rule ".repeat(RULES / 5),
            result: "class ".repeat(RESULT / 6),
        })
    }

    fn request(&self, words: &str) -> ModelRequest {
        let messages = vec![
            Message::System { content: Trusted::kept(self.rules.clone()) },
            Message::User { content: words.to_owned() },
        ];
        ModelRequest { messages, tools: Arc::clone(&self.tools), user: "the one teacher".to_owned() }
    }

    /// The first call, to its end.
    async fn first(&self, words: &str) -> Result<(ModelRequest, Vec<ModelCall>), ModelError> {
        let request = self.request(words);
        let mut said = self.model.ask(&request).await?;
        while let Some(event) = said.next().await {
            if let ModelEvent::End { calls, .. } = event? {
                return Ok((request, calls));
            }
        }
        Err(ModelError::BrokenOff("no end".to_owned()))
    }

    /// The request of the second call, with the results of the first.
    fn second(&self, mut request: ModelRequest, calls: Vec<ModelCall>) -> ModelRequest {
        let results = calls.iter().map(|call| (call.id.clone(), self.result.clone()));
        let results: Vec<Message> = results.map(|(call_id, content)| Message::Tool { call_id, content }).collect();
        request.messages.push(Message::Assistant { content: String::new(), calls });
        request.messages.extend(results);
        request
    }
}

async fn turn(floor: Data<Floor>, words: String) -> Result<HttpResponse, actix_web::Error> {
    let (request, calls) = floor.first(&words).await.map_err(ErrorBadGateway)?;
    let request = floor.second(request, calls);
    let said = floor.model.ask(&request).await.map_err(ErrorBadGateway)?;
    let frames = said.map(|event| match event {
        Ok(ModelEvent::Text(text)) => Ok(Bytes::from(format!("data: {}\n\n", json!(text)))),
        Ok(ModelEvent::Working | ModelEvent::Usage(_) | ModelEvent::End { .. }) => Ok(Bytes::new()),
        Err(fault) => Err(ErrorBadGateway(fault)),
    });
    let end = stream::iter([Ok(Bytes::from_static(b"data: \"done\"\n\n"))]);
    Ok(HttpResponse::Ok().content_type("text/event-stream").streaming(frames.chain(end)))
}

/// Serves until the parent lets go.
pub(crate) async fn serve(model: &Url) -> anyhow::Result<()> {
    let floor = Data::new(Floor::new(model)?);
    let app = move || App::new().app_data(floor.clone()).route("/turn", web::post().to(turn));
    let server = HttpServer::new(app).tcp_nodelay(true).disable_signals().bind(("127.0.0.1", 0))?;
    child::announce(&server.addrs())?;
    Ok(server.run().await?)
}
