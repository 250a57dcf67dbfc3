// How the suite reaches the server, from the environment of the process.

import { randomBytes } from "node:crypto";

import sdk from "@pulumi/esc-sdk";

const { Configuration, EscApi } = sdk;

function required(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} must be set: see compat/README.md`);
  return value;
}

const url = new URL(required("ESCRIBA_URL"));
const token = required("ESCRIBA_TOKEN");

export const organization = required("ESCRIBA_ORGANIZATION");

// One project a run, so that runs on the same server do not meet.
export const project = `ts-${randomBytes(5).toString("hex")}`;

// A proxy of the surroundings must not be asked for the server under test.
process.env.NO_PROXY = [process.env.NO_PROXY, url.hostname].filter(Boolean).join(",");

/**
 * The client as users of the SDK make it, with one difference: `EscApi` keeps
 * only the host name of `basePath` and so loses a port. The raw client below it
 * reads the same configuration at each request, so the full address is put back.
 */
export function connect(accessToken = token) {
  const configuration = new Configuration({ accessToken, basePath: url.origin });
  const client = new EscApi(configuration);
  configuration.basePath = new URL("/api/esc", url).href;
  return client;
}

/** Waits for `call` to be refused, and returns status and body of the refusal. */
export async function refusal(call) {
  try {
    await call;
  } catch (error) {
    if (!error.response) throw error;
    return { status: error.response.status, body: error.response.data };
  }
  throw new Error("the call was expected to be refused, but it succeeded");
}
