// The life of an environment through the official TypeScript SDK.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { connect, organization, project, refusal } from "../client.js";

const client = connect();
const made = new Set();

async function create(name) {
  await client.createEnvironment(organization, project, name);
  made.add(name);
}

async function remove(name) {
  await client.deleteEnvironment(organization, project, name);
  made.delete(name);
}

/** Creates an environment and gives it a definition: its revision is 2. */
async function createWith(name, definition) {
  await create(name);
  const answer = await client.updateEnvironmentYaml(organization, project, name, definition);
  assert.equal(answer.diagnostics, undefined);
}

async function listed(name) {
  let continuationToken;
  do {
    const page = await client.listEnvironments(organization, continuationToken);
    const found = page.environments.find((it) => it.project === project && it.name === name);
    if (found) return found;
    continuationToken = page.nextToken;
  } while (continuationToken);
  return undefined;
}

const base = `values:
  region: eu-west-1
  limits:
    cpu: 2
    memory: 512
`;

const service = `# Who may change this: the platform team.
imports:
  - ${project}/base
values:
  name: "web"          # quoted on purpose
  ports: [8080, 8443]
  limits:
    memory: 1024
  host: \${name}.\${region}.example.com
  database:
    user: web
    password:
      fn::secret: correct-horse
  url: postgres://\${database.user}:\${database.password}@db:\${ports[0]}/web
  environmentVariables:
    DATABASE_PASSWORD: \${database.password}
  files:
    REGION: \${region}
`;

before(() => createWith("base", base));

after(async () => {
  // The last first: what is imported outlives what imports it.
  for (const name of [...made].reverse()) await remove(name);
});

describe("creating", () => {
  test("a new environment is in the list and its definition is empty", async () => {
    await create("created");

    const found = await listed("created");
    assert.ok(found, "the list does not hold it");
    assert.ok(!Number.isNaN(Date.parse(found.created)), `created is ${found.created}`);
    assert.ok(!Number.isNaN(Date.parse(found.modified)), `modified is ${found.modified}`);
    const definition = await client.getEnvironment(organization, project, "created");
    assert.equal(definition.yaml, "");
  });

  test("a name that is taken is a conflict", async () => {
    await create("taken");

    const { status, body } = await refusal(client.createEnvironment(organization, project, "taken"));
    assert.equal(status, 409);
    assert.equal(body.code, 409);
  });

  test("an empty environment opens to an empty object", async () => {
    await create("empty");

    const { environment, values } = await client.openAndReadEnvironment(organization, project, "empty");
    assert.deepEqual(environment, {});
    assert.deepEqual(values, {});
  });
});

describe("updating and reading a definition", () => {
  test("a secret is stored as ciphertext and every other byte stays", async () => {
    await createWith("stored", service);

    const { definition, yaml } = await client.getEnvironment(organization, project, "stored");
    assert.ok(!yaml.includes("correct-horse"), "the plaintext is in the definition");
    assert.equal(typeof definition.values.database.password["fn::secret"].ciphertext, "string");
    assert.deepEqual(definition.imports, [`${project}/base`]);
    const [head, tail] = service.split("correct-horse");
    assert.ok(yaml.startsWith(head.slice(0, head.lastIndexOf("fn::secret:"))), yaml);
    assert.ok(yaml.endsWith(tail), yaml);
  });

  test("a definition given as an object is stored", async () => {
    await create("object");

    const answer = await client.updateEnvironment(organization, project, "object", {
      imports: [`${project}/base`],
      values: { answer: 42, environmentVariables: { ANSWER: "forty-two" } },
    });
    assert.equal(answer.diagnostics, undefined);
    const { definition } = await client.getEnvironment(organization, project, "object");
    assert.equal(definition.values.answer, 42);
    assert.equal(definition.values.environmentVariables.ANSWER, "forty-two");
  });

  test("a stored definition can be sent back without losing its secrets", async () => {
    await createWith("again", service);
    const { yaml } = await client.getEnvironment(organization, project, "again");

    await client.updateEnvironmentYaml(organization, project, "again", `${yaml}  added: true\n`);

    const { values } = await client.openAndReadEnvironment(organization, project, "again");
    assert.equal(values.added, true);
    assert.equal(values.database.password, "correct-horse");
  });

  test("a bad reference is refused with a diagnostic and nothing is stored", async () => {
    await createWith("kept", base);

    const { status, body } = await refusal(
      client.updateEnvironmentYaml(organization, project, "kept", "values:\n  broken: ${bad_ref}\n"),
    );
    assert.equal(status, 400);
    assert.equal(body.code, 400);
    assert.equal(body.diagnostics.length, 1);
    assert.match(body.diagnostics[0].summary, /bad_ref/);
    assert.equal(body.diagnostics[0].range.environment, `${project}/kept`);
    assert.equal(body.diagnostics[0].range.begin.line, 2);
    const { yaml } = await client.getEnvironment(organization, project, "kept");
    assert.equal(yaml, base);
    const revisions = await client.listEnvironmentRevisions(organization, project, "kept");
    assert.equal(revisions[0].number, 2);
  });

  test("decrypting gives the plaintext in place", async () => {
    await createWith("decrypted", service);

    const { definition, yaml } = await client.decryptEnvironment(organization, project, "decrypted");
    assert.equal(definition.values.database.password["fn::secret"], "correct-horse");
    assert.ok(!yaml.includes("ciphertext"), yaml);
    assert.ok(yaml.startsWith("# Who may change this"), yaml);
  });
});

describe("checking", () => {
  test("a good definition has values and no diagnostics", async () => {
    const checked = await client.checkEnvironmentYaml(organization, service);

    assert.equal(checked.diagnostics, undefined);
    assert.equal(checked.properties.host.value, "web.eu-west-1.example.com");
    assert.equal(checked.properties.database.value.password.secret, true);
  });

  test("a bad reference is a diagnostic, not an error", async () => {
    const checked = await client.checkEnvironment(organization, {
      values: { broken: "${bad_ref}" },
    });

    assert.equal(checked.diagnostics.length, 1);
    assert.equal(checked.diagnostics[0].summary, 'unknown property "bad_ref"');
  });
});

describe("opening", () => {
  test("an open environment holds merged imports, interpolations and marked secrets", async () => {
    await createWith("opened", service);

    const session = await client.openEnvironment(organization, project, "opened");
    assert.equal(session.diagnostics, undefined);
    const { environment, values } = await client.readOpenEnvironment(organization, project, "opened", session.id);

    assert.deepEqual(values, {
      region: "eu-west-1",
      limits: { cpu: 2, memory: 1024 },
      name: "web",
      ports: [8080, 8443],
      host: "web.eu-west-1.example.com",
      database: { user: "web", password: "correct-horse" },
      url: "postgres://web:correct-horse@db:8080/web",
      environmentVariables: { DATABASE_PASSWORD: "correct-horse" },
      files: { REGION: "eu-west-1" },
    });
    const { database, host, url } = environment.properties;
    assert.equal(database.value.password.secret, true);
    assert.equal(url.secret, true, "what holds a secret is a secret");
    assert.notEqual(host.secret, true);
    assert.equal(environment.properties.region.trace.def.environment, `${project}/base`);
  });

  test("one property is read by its path", async () => {
    await createWith("property", service);
    const { id } = await client.openEnvironment(organization, project, "property");
    const read = (path) => client.readOpenEnvironmentProperty(organization, project, "property", id, path);

    const password = await read("database.password");
    assert.equal(password.value, "correct-horse");
    assert.equal(password.property.secret, true);
    assert.equal((await read("ports[1]")).value, 8443);
    assert.equal((await read('limits["cpu"]')).value, 2);
    assert.deepEqual((await read("database")).value, { user: "web", password: "correct-horse" });
    assert.equal((await refusal(read("database.nothing"))).status, 404);
  });

  test("a session is a snapshot: a later update does not change it", async () => {
    await createWith("snapshot", "values:\n  colour: red\n");
    const { id } = await client.openEnvironment(organization, project, "snapshot");

    await client.updateEnvironmentYaml(organization, project, "snapshot", "values:\n  colour: blue\n");

    const before = await client.readOpenEnvironment(organization, project, "snapshot", id);
    assert.equal(before.values.colour, "red");
    const now = await client.openAndReadEnvironment(organization, project, "snapshot");
    assert.equal(now.values.colour, "blue");
  });

  test("a session belongs to its environment", async () => {
    await createWith("mine", base);
    await createWith("other", base);
    const { id } = await client.openEnvironment(organization, project, "mine");

    const { status } = await refusal(client.readOpenEnvironment(organization, project, "other", id));
    assert.equal(status, 404);
  });
});

describe("revisions", () => {
  test("each update makes one, newest first, and each can be read by its number", async () => {
    await createWith("history", "values:\n  colour: red\n");
    await client.updateEnvironmentYaml(organization, project, "history", "values:\n  colour: blue\n");

    const revisions = await client.listEnvironmentRevisions(organization, project, "history");
    assert.deepEqual(revisions.map((it) => it.number), [3, 2, 1]);
    assert.ok(revisions.every((it) => it.creatorLogin && !Number.isNaN(Date.parse(it.created))));
    const older = await client.listEnvironmentRevisions(organization, project, "history", 3, 1);
    assert.deepEqual(older.map((it) => it.number), [2]);
    const end = await client.listEnvironmentRevisions(organization, project, "history", 1, 10);
    assert.deepEqual(end, []);

    const second = await client.getEnvironmentAtVersion(organization, project, "history", "2");
    assert.equal(second.yaml, "values:\n  colour: red\n");
    const first = await client.getEnvironmentAtVersion(organization, project, "history", "1");
    assert.equal(first.yaml, "");
    const opened = await client.openAndReadEnvironmentAtVersion(organization, project, "history", "2");
    assert.equal(opened.values.colour, "red");
    const { status } = await refusal(client.getEnvironmentAtVersion(organization, project, "history", "9"));
    assert.equal(status, 404);
  });
});

describe("revision tags", () => {
  test("a revision is read and opened by its tag, and the tag can be moved and deleted", async () => {
    const name = "tagged";
    await createWith(name, "values:\n  colour: red\n");
    await client.updateEnvironmentYaml(organization, project, name, "values:\n  colour: blue\n");
    await client.createEnvironmentRevisionTag(organization, project, name, "testTag", 2);

    const tags = async (after) => {
      const page = await client.listEnvironmentRevisionTags(organization, project, name, after);
      return page.tags.map((it) => [it.name, it.revision]);
    };
    const opened = () => client.openAndReadEnvironmentAtVersion(organization, project, name, "testTag");

    assert.deepEqual(await tags(), [["latest", 3], ["testTag", 2]]);
    assert.deepEqual(await tags("testTag"), []);
    assert.equal((await opened()).values.colour, "red");
    await client.updateEnvironmentRevisionTag(organization, project, name, "testTag", 3);
    assert.equal((await opened()).values.colour, "blue");
    const moved = await client.getEnvironmentRevisionTag(organization, project, name, "testTag");
    assert.equal(moved.revision, 3);
    await client.deleteEnvironmentRevisionTag(organization, project, name, "testTag");
    assert.deepEqual(await tags(), [["latest", 3]]);
    assert.equal((await refusal(opened())).status, 404);
  });
});

describe("tags", () => {
  test("an environment is given a tag, which is changed, renamed and deleted", async () => {
    const name = "labelled";
    await create(name);
    await client.createEnvironmentTag(organization, project, name, "owner", "web team");
    const again = await refusal(client.createEnvironmentTag(organization, project, name, "owner", "others"));
    assert.equal(again.status, 409);

    await client.updateEnvironmentTag(organization, project, name, "owner", "web team", "team", "core");

    const { tags, nextToken } = await client.listEnvironmentTags(organization, project, name);
    assert.deepEqual(Object.values(tags).map((it) => [it.name, it.value]), [["team", "core"]]);
    assert.equal(nextToken, "0");
    await client.deleteEnvironmentTag(organization, project, name, "team");
    assert.equal((await refusal(client.getEnvironmentTag(organization, project, name, "team"))).status, 404);
  });
});

describe("cloning", () => {
  test("a clone has the secrets of its source and goes its own way", async () => {
    await createWith("source", service);
    await client.createEnvironmentTag(organization, project, "source", "owner", "web team");
    const options = { preserveEnvironmentTags: true };
    await client.cloneEnvironment(organization, project, "source", project, "copy", options);
    made.add("copy");

    await client.updateEnvironmentYaml(organization, project, "source", "values:\n  colour: blue\n");

    const { values } = await client.openAndReadEnvironment(organization, project, "copy");
    assert.equal(values.database.password, "correct-horse");
    const kept = await client.getEnvironmentTag(organization, project, "copy", "owner");
    assert.equal(kept.value, "web team");
    const revisions = await client.listEnvironmentRevisions(organization, project, "copy");
    assert.deepEqual(revisions.map((it) => it.number), [1]);
    const again = await refusal(client.cloneEnvironment(organization, project, "source", project, "copy"));
    assert.equal(again.status, 409);
  });
});

describe("deleting", () => {
  test("a deleted environment is gone from the list and cannot be read or opened", async () => {
    await createWith("deleted", service);

    await remove("deleted");

    assert.equal(await listed("deleted"), undefined);
    assert.equal((await refusal(client.getEnvironment(organization, project, "deleted"))).status, 404);
    assert.equal((await refusal(client.openEnvironment(organization, project, "deleted"))).status, 404);
    assert.equal((await refusal(client.deleteEnvironment(organization, project, "deleted"))).status, 404);
  });
});

describe("refusals", () => {
  test("an environment that is not there is a 404 with its code in the body", async () => {
    const { status, body } = await refusal(client.getEnvironment(organization, project, "nowhere"));

    assert.equal(status, 404);
    assert.equal(body.code, 404);
    assert.equal(typeof body.message, "string");
  });

  test("an organization that is not there is a 404", async () => {
    const { status } = await refusal(client.listEnvironments(`${organization}-not-there`));

    assert.equal(status, 404);
  });

  test("a token that the server never gave is a 401", async () => {
    const stranger = connect("not-a-credential-of-this-server");

    const refusals = await Promise.all([
      refusal(stranger.listEnvironments(organization)),
      refusal(stranger.openEnvironment(organization, project, "base")),
      refusal(stranger.createEnvironment(organization, project, "theirs")),
    ]);

    for (const { status, body } of refusals) {
      assert.equal(status, 401);
      assert.equal(body.code, 401);
    }
  });
});
