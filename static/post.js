// What is posted to the server by a script. All of it answers with JSON:
//   POST /chat, /chat/{conversation}    {"conversation","turn","html"}   html = the turn's section, to append
//   POST /approvals/{id}                {"hash","parts":[{"key","html"}]} the parts that changed
//   POST /turns/{turn}/stop, …/resume   {}                               what follows comes as events
//   anything that went wrong            {"error":{"words","code"}}       a sentence for the teacher, and perhaps parts

import { one } from "./dom.js";

export async function post(url, body) {
  let answer, data;
  try {
    answer = await fetch(url, {
      method: "POST",
      headers: {
        Accept: "application/json",
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Form-Token": one("[name=token]").value,
      },
      body: new URLSearchParams(body),
    });
    data = await answer.json();
  } catch {
    throw new Error(answer ? "The answer could not be read. Load the page again to see how things stand."
      : "The connection broke. Try again: nothing is said or sent twice.");
  }
  if (!answer.ok || data.error) throw Object.assign(new Error(data.error?.words ?? "That did not work. Try again."), { data });
  return data;
}

// Where one signs in and comes back to this page from.
export const door = () => `/auth/login?return_to=${encodeURIComponent(location.pathname)}`;

// A line that cannot be had does not say why.
export async function signedOut(url) {
  const answer = await fetch(url, { headers: { Accept: "application/json" } }).catch(() => null);
  answer?.body?.cancel();
  return answer?.status === 401;
}

// What went wrong, in a sentence, and the way on where there is one.
export function tell(place, problem) {
  place.textContent = problem?.message ?? "";
  const code = problem?.data?.error?.code, ways = { signed_out: ["Sign in again", door()], stale: ["Load the page again", location.href] };
  if (!ways[code]) return;
  const [words, href] = ways[code];
  const way = Object.assign(document.createElement("a"), { href, textContent: words });
  if (code === "stale") way.addEventListener("click", (event) => { event.preventDefault(); location.reload(); });
  place.append(" ", way);
}
