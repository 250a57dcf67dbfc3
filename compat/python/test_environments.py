"""The life of an environment through the official Python SDK.

The server is named by ESCRIBA_URL, ESCRIBA_TOKEN and ESCRIBA_ORGANIZATION.
"""

import os
import secrets
import unittest
from datetime import datetime
from urllib.parse import urlparse

import pulumi_esc_sdk as esc
import yaml
from pulumi_esc_sdk.exceptions import ApiException, BadRequestException, NotFoundException, UnauthorizedException


def required(name):
    value = os.environ.get(name)
    if not value:
        raise RuntimeError(f"{name} must be set: see compat/README.md")
    return value


URL = required("ESCRIBA_URL")
TOKEN = required("ESCRIBA_TOKEN")
ORGANIZATION = required("ESCRIBA_ORGANIZATION")

# One project a run, so that runs on the same server do not meet.
PROJECT = f"py-{secrets.token_hex(5)}"

BASE = """\
values:
  region: eu-west-1
  limits:
    cpu: 2
    memory: 512
"""

SERVICE = f"""\
# Who may change this: the platform team.
imports:
  - {PROJECT}/base
values:
  name: "web"          # quoted on purpose
  ports: [8080, 8443]
  limits:
    memory: 1024
  host: ${{name}}.${{region}}.example.com
  database:
    user: web
    password:
      fn::secret: correct-horse
  url: postgres://${{database.user}}:${{database.password}}@db/web
  environmentVariables:
    DATABASE_PASSWORD: ${{database.password}}
  files:
    REGION: ${{region}}
"""


def connect(token=TOKEN):
    # A proxy of the surroundings must not be asked for the server under test.
    configuration = esc.Configuration(access_token=token, host=URL)
    configuration.no_proxy = [urlparse(URL).hostname]
    return esc.EscClient(configuration)


class EnvironmentTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.client = connect()
        cls.made = []
        cls.addClassCleanup(cls.remove_all)
        cls.create_with("base", BASE)

    @classmethod
    def create(cls, name):
        cls.client.create_environment(ORGANIZATION, PROJECT, name)
        cls.made.append(name)

    @classmethod
    def create_with(cls, name, definition):
        """Creates an environment and gives it a definition: its revision is 2."""
        cls.create(name)
        answer = cls.client.update_environment_yaml(ORGANIZATION, PROJECT, name, definition)
        assert answer.diagnostics is None, answer

    @classmethod
    def remove(cls, name):
        cls.client.delete_environment(ORGANIZATION, PROJECT, name)
        cls.made.remove(name)

    @classmethod
    def remove_all(cls):
        # The last first: what is imported outlives what imports it.
        for name in reversed(cls.made):
            cls.client.delete_environment(ORGANIZATION, PROJECT, name)

    def listed(self, name):
        continuation = None
        while True:
            page = self.client.list_environments(ORGANIZATION, continuation)
            for environment in page.environments:
                if (environment.project, environment.name) == (PROJECT, name):
                    return environment
            continuation = page.next_token
            if not continuation:
                return None

    def read(self, name):
        definition, raw = self.client.get_environment(ORGANIZATION, PROJECT, name)
        return definition, raw.decode()

    def open_and_read(self, name):
        return self.client.open_and_read_environment(ORGANIZATION, PROJECT, name)


class Creating(EnvironmentTest):
    def test_a_new_environment_is_in_the_list_and_its_definition_is_empty(self):
        self.create("created")

        found = self.listed("created")
        self.assertIsNotNone(found)
        for time in (found.created, found.modified):
            datetime.fromisoformat(time)
        self.assertEqual(self.read("created")[1], "")

    def test_a_name_that_is_taken_is_a_conflict(self):
        self.create("taken")

        with self.assertRaises(ApiException) as refused:
            self.client.create_environment(ORGANIZATION, PROJECT, "taken")
        self.assertEqual(refused.exception.status, 409)

    def test_an_empty_environment_opens_to_an_empty_object(self):
        self.create("empty")

        _, values, raw = self.open_and_read("empty")
        self.assertFalse(values)
        self.assertEqual(raw, "{}\n")


class UpdatingAndReading(EnvironmentTest):
    def test_a_secret_is_stored_as_ciphertext_and_every_other_byte_stays(self):
        self.create_with("stored", SERVICE)

        definition, text = self.read("stored")
        self.assertNotIn("correct-horse", text)
        self.assertEqual(definition.imports, [f"{PROJECT}/base"])
        database = definition.values.additional_properties["database"]
        self.assertIsInstance(database["password"]["fn::secret"]["ciphertext"], str)
        head, tail = SERVICE.split("correct-horse")
        self.assertTrue(text.startswith(head[: head.rindex("fn::secret:")]), text)
        self.assertTrue(text.endswith(tail), text)

    def test_a_definition_given_as_an_object_is_stored(self):
        self.create("object")

        values = esc.EnvironmentDefinitionValues(environment_variables={"ANSWER": "forty-two"})
        values.additional_properties = {"answer": 42}
        definition = esc.EnvironmentDefinition(imports=[f"{PROJECT}/base"], values=values)
        answer = self.client.update_environment(ORGANIZATION, PROJECT, "object", definition)

        self.assertIsNone(answer.diagnostics)
        stored, _ = self.read("object")
        self.assertEqual(stored.values.additional_properties, {"answer": 42})
        self.assertEqual(stored.values.environment_variables, {"ANSWER": "forty-two"})

    def test_a_stored_definition_can_be_sent_back_without_losing_its_secrets(self):
        self.create_with("again", SERVICE)
        _, text = self.read("again")

        self.client.update_environment_yaml(ORGANIZATION, PROJECT, "again", f"{text}  added: true\n")

        _, values, _ = self.open_and_read("again")
        self.assertIs(values["added"], True)
        self.assertEqual(values["database"]["password"], "correct-horse")

    def test_a_bad_reference_is_refused_with_a_diagnostic_and_nothing_is_stored(self):
        self.create_with("kept", BASE)

        with self.assertRaises(BadRequestException) as refused:
            self.client.update_environment_yaml(
                ORGANIZATION, PROJECT, "kept", "values:\n  broken: ${bad_ref}\n")

        (diagnostic,) = refused.exception.data.diagnostics
        self.assertIn("bad_ref", diagnostic.summary)
        self.assertEqual(diagnostic.range.environment, f"{PROJECT}/kept")
        self.assertEqual(diagnostic.range.begin.line, 2)
        self.assertEqual(self.read("kept")[1], BASE)
        revisions = self.client.list_environment_revisions(ORGANIZATION, PROJECT, "kept")
        self.assertEqual(revisions[0].number, 2)

    def test_decrypting_gives_the_plaintext_in_place(self):
        self.create_with("decrypted", SERVICE)

        _, text = self.client.decrypt_environment(ORGANIZATION, PROJECT, "decrypted")

        self.assertNotIn("ciphertext", text)
        self.assertTrue(text.startswith("# Who may change this"), text)
        database = yaml.safe_load(text)["values"]["database"]
        self.assertEqual(database["password"]["fn::secret"], "correct-horse")


class Checking(EnvironmentTest):
    def test_a_good_definition_has_values_and_no_diagnostics(self):
        checked = self.client.check_environment_yaml(ORGANIZATION, SERVICE)

        self.assertIsNone(checked.diagnostics)
        self.assertEqual(checked.properties["host"].value, "web.eu-west-1.example.com")
        self.assertIs(checked.properties["database"].value["password"]["secret"], True)

    def test_a_bad_reference_is_a_diagnostic_not_an_error(self):
        values = esc.EnvironmentDefinitionValues()
        values.additional_properties = {"broken": "${bad_ref}"}
        checked = self.client.check_environment(ORGANIZATION, esc.EnvironmentDefinition(values=values))

        (diagnostic,) = checked.diagnostics
        self.assertEqual(diagnostic.summary, 'unknown property "bad_ref"')


class Opening(EnvironmentTest):
    def test_an_open_environment_holds_merged_imports_interpolations_and_marked_secrets(self):
        self.create_with("merged", SERVICE)

        session = self.client.open_environment(ORGANIZATION, PROJECT, "merged")
        self.assertIsNone(session.diagnostics)
        environment, values, _ = self.client.read_open_environment(
            ORGANIZATION, PROJECT, "merged", session.id)

        self.assertEqual(values, {
            "region": "eu-west-1",
            "limits": {"cpu": 2, "memory": 1024},
            "name": "web",
            "ports": [8080, 8443],
            "host": "web.eu-west-1.example.com",
            "database": {"user": "web", "password": "correct-horse"},
            "url": "postgres://web:correct-horse@db/web",
            "environmentVariables": {"DATABASE_PASSWORD": "correct-horse"},
            "files": {"REGION": "eu-west-1"},
        })
        properties = environment.properties
        self.assertIs(properties["database"].value["password"]["secret"], True)
        self.assertIs(properties["url"].secret, True, "what holds a secret is a secret")
        self.assertFalse(properties["host"].secret)
        self.assertEqual(properties["region"].trace.var_def.environment, f"{PROJECT}/base")

    def test_one_property_is_read_by_its_path(self):
        self.create_with("property", SERVICE)
        session = self.client.open_environment(ORGANIZATION, PROJECT, "property")

        def read(path):
            return self.client.read_open_environment_property(
                ORGANIZATION, PROJECT, "property", session.id, path)

        password, plain = read("database.password")
        self.assertEqual(plain, "correct-horse")
        self.assertIs(password.secret, True)
        self.assertEqual(read("ports[1]")[1], 8443)
        self.assertEqual(read('limits["cpu"]')[1], 2)
        self.assertEqual(read("database")[1], {"user": "web", "password": "correct-horse"})
        with self.assertRaises(NotFoundException):
            read("database.nothing")

    def test_a_session_is_a_snapshot(self):
        self.create_with("snapshot", "values:\n  colour: red\n")
        session = self.client.open_environment(ORGANIZATION, PROJECT, "snapshot")

        self.client.update_environment_yaml(
            ORGANIZATION, PROJECT, "snapshot", "values:\n  colour: blue\n")

        _, before, _ = self.client.read_open_environment(
            ORGANIZATION, PROJECT, "snapshot", session.id)
        self.assertEqual(before["colour"], "red")
        _, now, _ = self.open_and_read("snapshot")
        self.assertEqual(now["colour"], "blue")

    def test_a_session_belongs_to_its_environment(self):
        self.create_with("mine", BASE)
        self.create_with("other", BASE)
        session = self.client.open_environment(ORGANIZATION, PROJECT, "mine")

        with self.assertRaises(NotFoundException):
            self.client.read_open_environment(ORGANIZATION, PROJECT, "other", session.id)


class Revisions(EnvironmentTest):
    def test_each_update_makes_one_newest_first_and_each_can_be_read_by_its_number(self):
        self.create_with("history", "values:\n  colour: red\n")
        self.client.update_environment_yaml(
            ORGANIZATION, PROJECT, "history", "values:\n  colour: blue\n")

        def numbers(before=None, count=None):
            revisions = self.client.list_environment_revisions(
                ORGANIZATION, PROJECT, "history", before, count)
            for revision in revisions:
                self.assertTrue(revision.creator_login)
                datetime.fromisoformat(revision.created)
            return [revision.number for revision in revisions]

        self.assertEqual(numbers(), [3, 2, 1])
        self.assertEqual(numbers(before=3, count=1), [2])
        self.assertEqual(numbers(before=1, count=10), [])

        def text(version):
            _, raw = self.client.get_environment_at_version(
                ORGANIZATION, PROJECT, "history", version)
            return raw.decode()

        self.assertEqual(text("2"), "values:\n  colour: red\n")
        self.assertEqual(text("1"), "")
        _, values, _ = self.client.open_and_read_environment_at_version(
            ORGANIZATION, PROJECT, "history", "2")
        self.assertEqual(values["colour"], "red")
        with self.assertRaises(NotFoundException):
            text("9")

    def test_a_revision_is_read_and_opened_by_its_tag_and_the_tag_can_be_moved(self):
        name = "tagged"
        self.create_with(name, "values:\n  colour: red\n")
        self.client.update_environment_yaml(
            ORGANIZATION, PROJECT, name, "values:\n  colour: blue\n")
        self.client.create_environment_revision_tag(ORGANIZATION, PROJECT, name, "testTag", 2)

        def tags(after=None):
            page = self.client.list_environment_revision_tags(ORGANIZATION, PROJECT, name, after)
            return [(tag.name, tag.revision) for tag in page.tags]

        def colour():
            _, values, _ = self.client.open_and_read_environment_at_version(
                ORGANIZATION, PROJECT, name, "testTag")
            return values["colour"]

        self.assertEqual(tags(), [("latest", 3), ("testTag", 2)])
        self.assertEqual(tags(after="testTag"), [])
        self.assertEqual(colour(), "red")
        self.client.update_environment_revision_tag(ORGANIZATION, PROJECT, name, "testTag", 3)
        self.assertEqual(colour(), "blue")
        moved = self.client.get_environment_revision_tag(ORGANIZATION, PROJECT, name, "testTag")
        self.assertEqual(moved.revision, 3)
        self.client.delete_environment_revision_tag(ORGANIZATION, PROJECT, name, "testTag")
        self.assertEqual(tags(), [("latest", 3)])
        with self.assertRaises(NotFoundException):
            colour()


class Tags(EnvironmentTest):
    def test_an_environment_is_given_a_tag_which_is_changed_renamed_and_deleted(self):
        name = "labelled"
        self.create(name)
        created = self.client.create_environment_tag(ORGANIZATION, PROJECT, name, "owner", "web team")
        self.assertEqual((created.name, created.value), ("owner", "web team"))
        with self.assertRaises(ApiException) as refused:
            self.client.create_environment_tag(ORGANIZATION, PROJECT, name, "owner", "others")
        self.assertEqual(refused.exception.status, 409)

        self.client.update_environment_tag(
            ORGANIZATION, PROJECT, name, "owner", "web team", "team", "core")

        page = self.client.list_environment_tags(ORGANIZATION, PROJECT, name)
        self.assertEqual({tag.name: tag.value for tag in page.tags.values()}, {"team": "core"})
        self.assertEqual(page.next_token, "0")
        self.client.delete_environment_tag(ORGANIZATION, PROJECT, name, "team")
        with self.assertRaises(NotFoundException):
            self.client.get_environment_tag(ORGANIZATION, PROJECT, name, "team")


class Cloning(EnvironmentTest):
    def test_a_clone_has_the_secrets_of_its_source_and_goes_its_own_way(self):
        self.create_with("source", SERVICE)
        self.client.create_environment_tag(ORGANIZATION, PROJECT, "source", "owner", "web team")
        self.client.clone_environment(
            ORGANIZATION, PROJECT, "source", PROJECT, "copy", {"preserve_environment_tags": True})
        self.made.append("copy")

        self.client.update_environment_yaml(
            ORGANIZATION, PROJECT, "source", "values:\n  colour: blue\n")

        _, values, _ = self.open_and_read("copy")
        self.assertEqual(values["database"]["password"], "correct-horse")
        kept = self.client.get_environment_tag(ORGANIZATION, PROJECT, "copy", "owner")
        self.assertEqual(kept.value, "web team")
        revisions = self.client.list_environment_revisions(ORGANIZATION, PROJECT, "copy")
        self.assertEqual([revision.number for revision in revisions], [1])
        with self.assertRaises(ApiException) as refused:
            self.client.clone_environment(ORGANIZATION, PROJECT, "source", PROJECT, "copy")
        self.assertEqual(refused.exception.status, 409)


class Deleting(EnvironmentTest):
    def test_a_deleted_environment_is_gone_from_the_list_and_cannot_be_read_or_opened(self):
        self.create_with("deleted", SERVICE)

        self.remove("deleted")

        self.assertIsNone(self.listed("deleted"))
        for call in (
            self.client.get_environment,
            self.client.open_environment,
            self.client.delete_environment,
        ):
            with self.assertRaises(NotFoundException):
                call(ORGANIZATION, PROJECT, "deleted")


class Refusals(EnvironmentTest):
    def test_an_environment_that_is_not_there_is_a_404_with_its_code_in_the_body(self):
        with self.assertRaises(NotFoundException) as refused:
            self.client.get_environment(ORGANIZATION, PROJECT, "nowhere")

        self.assertEqual(refused.exception.data.code, 404)
        self.assertTrue(refused.exception.data.message)

    def test_an_organization_that_is_not_there_is_a_404(self):
        with self.assertRaises(NotFoundException):
            self.client.list_environments(f"{ORGANIZATION}-not-there")

    def test_a_token_that_the_server_never_gave_is_a_401(self):
        stranger = connect("not-a-credential-of-this-server")

        with self.assertRaises(UnauthorizedException):
            stranger.list_environments(ORGANIZATION)
        with self.assertRaises(UnauthorizedException):
            stranger.open_environment(ORGANIZATION, PROJECT, "base")
        with self.assertRaises(UnauthorizedException):
            stranger.create_environment(ORGANIZATION, PROJECT, "theirs")


if __name__ == "__main__":
    unittest.main()
