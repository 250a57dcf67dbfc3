// An identity provider on a free port of this machine, until its standard input ends. The first line that it prints is its
// address. Its argument is the redirect URI of the client `escriba`.
//
// Everybody signs in by typing their name, and agrees to be told of. Who they are stands below.

import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";

import Provider from "oidc-provider";

const [redirect] = process.argv.slice(2);

const PEOPLE = {
  ada: { email: "Ada@Acme.example", email_verified: true, name: "Ada Park", preferred_username: "ada" },
  // Somebody else, who has got the address that was Ada's.
  "other-ada": { email: "ada@acme.example", email_verified: true, name: "Ada Quist", preferred_username: "quist" },
  lin: { email: "lin@acme.example", email_verified: true, name: "Lin Wu", preferred_username: "ada" },
  mallory: { email: "ben@acme.example", email_verified: false, name: "Ben Oyelaran", preferred_username: "ben" },
  nobody: { email: "nobody@acme.example", email_verified: true, name: "No Body", preferred_username: "nobody" },
  build: {},
};

function key(kid, type, options) {
  const { privateKey } = generateKeyPairSync(type, options);
  return { ...privateKey.export({ format: "jwk" }), kid, use: "sig" };
}

const configuration = {
  clients: [
    { client_id: "escriba", client_secret: "a secret: of the tests/", redirect_uris: [redirect] },
    // Whoever signs in here gets an id token that an organization takes in exchange.
    {
      client_id: "urn:pulumi:org:acme",
      redirect_uris: ["http://localhost/build"],
      application_type: "native",
      token_endpoint_auth_method: "none",
      id_token_signed_response_alg: "ES256",
    },
  ],
  jwks: { keys: [key("rsa", "rsa", { modulusLength: 2048 }), key("ec", "ec", { namedCurve: "P-256" })] },
  cookies: { keys: ["not a secret"] },
  pkce: { required: () => true },
  // Nothing but `sub` is in an id token: the rest is asked for.
  claims: { email: ["email", "email_verified"], profile: ["name", "preferred_username"] },
  findAccount: (_, id) => PEOPLE[id] && { accountId: id, claims: () => ({ sub: id, ...PEOPLE[id] }) },
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
};

const page = (form) => `<!doctype html><title>Identity provider</title><form method="post">${form}</form>`;
const LOGIN = page('<input id="name" name="login"><button id="go">Sign in</button>');
const CONSENT = page(
  '<button id="allow" name="decision" value="allow">Allow</button><button id="deny" name="decision" value="deny">Deny</button>',
);

async function fields(request) {
  let text = "";
  for await (const chunk of request) text += chunk;
  return new URLSearchParams(text);
}

/** What came of a form that somebody posted. */
async function result(provider, details, form) {
  const { prompt, params, session } = details;
  if (prompt.name === "login") return { login: { accountId: form.get("login") } };
  if (form.get("decision") !== "allow") return { error: "access_denied" };
  const grant = new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  return { consent: { grantId: await grant.save() } };
}

async function interact(provider, request, response) {
  const details = await provider.interactionDetails(request, response);
  if (request.method === "POST") {
    const came = await result(provider, details, await fields(request));
    return provider.interactionFinished(request, response, came, { mergeWithLastSubmission: false });
  }
  response.setHeader("content-type", "text/html; charset=utf-8");
  response.end(details.prompt.name === "login" ? LOGIN : CONSENT);
}

const server = createServer();
server.listen(0, "127.0.0.1", () => {
  // Another site than the one of the server under test, which is reached at 127.0.0.1.
  const issuer = `http://localhost:${server.address().port}`;
  const provider = new Provider(issuer, configuration);
  const handle = provider.callback();
  server.on("request", (request, response) => {
    if (!request.url.startsWith("/interaction/")) return handle(request, response);
    interact(provider, request, response).catch((error) => {
      response.statusCode = 500;
      response.end(String(error));
    });
  });
  console.log(issuer);
});

process.stdin.resume();
process.stdin.on("end", () => process.exit());
