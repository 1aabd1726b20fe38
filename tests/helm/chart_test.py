"""The Helm chart, rendered by Helm's own library, each manifest held against Kubernetes' own schemas.

Run by ./test, or alone: .tools/helm/bin/python tests/helm/chart_test.py
UPDATE_GOLDEN=1 writes least.yaml anew.
"""

import base64
import difflib
import json
import os
import re
import unittest

import helm_python as helm
import yaml
from chart import CHART, LEAST, ROOT, VERSIONS, faults, linted, manifests, merged, of_kind, one_of_kind, refusal, render
from matrix import CHOICES, matrix
from mistakes import MISTAKES

ARGS = (ROOT / "src/settings/args.rs").read_text()
VALUES = yaml.safe_load((CHART / "values.yaml").read_text())
SCHEMA = json.loads((CHART / "values.schema.json").read_text())

# Values whose form is that of Kubernetes: they are told as a whole.
WHOLE = {"resources", "strategy", "podSecurityContext", "securityContext"}

# Settings that the chart itself decides.
DECIDED = {"API_TOKEN", "API_TOKEN_FILE", "LISTEN", "PORT", "MAPPINGS"}


def objects(*layers, **release):
    return manifests(render(merged(LEAST, *layers), **release))


def pod(objects_):
    return one_of_kind(objects_, "Deployment")["spec"]["template"]


def container(objects_):
    (one,) = pod(objects_)["spec"]["containers"]
    return one


def env(objects_):
    return {one["name"]: one.get("value") for one in container(objects_)["env"]}


def leaves(values=VALUES, path=()):
    """The place of every value, such as image.tag."""
    for key, value in values.items():
        if isinstance(value, dict) and value and len(path) < 1 and key not in WHOLE:
            yield from leaves(value, (*path, key))
        else:
            yield ".".join((*path, key))


class Manifests(unittest.TestCase):
    def test_lint_has_nothing_against_the_chart_by_itself_or_with_any_values(self):
        self.assertEqual(linted({}), [])
        for name, values in matrix():
            with self.subTest(name):
                self.assertEqual(linted(values), [])

    def test_kubernetes_takes_every_manifest_with_any_values(self):
        for name, values in matrix():
            versions = (
                VERSIONS if name in ("defaults", "ingress with all", "autoscaling") else (VERSIONS[0], VERSIONS[-1])
            )
            with self.subTest(name):
                found = [
                    fault for one in manifests(render(values)) for version in versions for fault in faults(one, version)
                ]
                self.assertEqual(found, [])

    def test_a_field_that_kubernetes_does_not_know_would_be_found(self):
        broken = objects()
        container(broken)["enviroment"] = []
        (fault,) = faults(one_of_kind(broken, "Deployment"), VERSIONS[-1])
        self.assertIn("enviroment", fault)

    def test_the_oldest_version_tested_is_the_oldest_that_the_chart_accepts(self):
        chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
        self.assertEqual(chart["kubeVersion"], f">={VERSIONS[0]}-0")

    def test_nothing_is_named_that_is_not_there(self):
        for name, values in matrix():
            with self.subTest(name):
                self.hold_together(manifests(render(values)), values)

    def hold_together(self, found, values):
        names = {(one["kind"], one["metadata"]["name"]) for one in found}
        self.assertEqual(len(names), len(found), "two objects of one name")
        self.assertEqual({one["metadata"]["namespace"] for one in found}, {"prod"})
        labels, spec = pod(found)["metadata"]["labels"], pod(found)["spec"]
        probe = one_of_kind(found, "Pod")
        service = one_of_kind(found, "Service")
        selectors = [service["spec"]["selector"], one_of_kind(found, "Deployment")["spec"]["selector"]["matchLabels"]]
        for kind, place in (("PodDisruptionBudget", "selector"), ("NetworkPolicy", "podSelector")):
            selectors += [one["spec"][place]["matchLabels"] for one in of_kind(found, kind)]
        for selector in selectors:
            self.assertLessEqual(selector.items(), labels.items(), "it selects the connector's pods")
            self.assertFalse(selector.items() <= probe["metadata"]["labels"].items(), "and not that of `helm test`")

        for policy in of_kind(found, "NetworkPolicy"):
            for peer in policy["spec"]["ingress"][0].get("from", [])[
                len(values.get("networkPolicy", {}).get("from", [])) :
            ]:
                self.assertLessEqual(peer["podSelector"]["matchLabels"].items(), probe["metadata"]["labels"].items())
        for scaler in of_kind(found, "HorizontalPodAutoscaler"):
            target = scaler["spec"]["scaleTargetRef"]
            self.assertIn((target["kind"], target["name"]), names)
            self.assertNotIn("replicas", one_of_kind(found, "Deployment")["spec"], "the scaler alone decides")
        for ingress in of_kind(found, "Ingress"):
            for path in (path for rule in ingress["spec"]["rules"] for path in rule["http"]["paths"]):
                self.assertEqual(
                    path["backend"]["service"], {"name": service["metadata"]["name"], "port": {"name": "http"}}
                )
        self.assertEqual(service["spec"]["ports"][0]["targetPort"], container(found)["ports"][0]["name"])

        given = {
            ("ServiceAccount", "mine"),
            ("ConfigMap", "mine"),
            *(("Secret", one) for one in ("nsps", "wtl", "more", "still.more", "certificate", "connector-tls")),
        }
        wanted = {("ServiceAccount", spec["serviceAccountName"])}
        for source in spec["volumes"][0]["projected"]["sources"]:
            ((kind, part),) = source.items()
            wanted.add((kind[0].upper() + kind[1:], part["name"]))
        wanted |= {("Secret", one["secretRef"]["name"]) for one in container(found).get("envFrom", [])}
        wanted |= {
            ("Secret", one["valueFrom"]["secretKeyRef"]["name"])
            for one in container(found)["env"]
            if "valueFrom" in one
        }
        self.assertLessEqual(wanted, names | given)
        variables = [one["name"] for one in container(found)["env"]]
        self.assertEqual(len(set(variables)), len(variables), "a variable is there twice")

    def test_least_yaml_is_what_the_least_values_make(self):
        rendered = render(LEAST)
        text = "".join(f"# {path}\n{part.strip()}\n\n" for path, part in sorted(rendered.items()) if part.strip())
        golden = ROOT / "tests/helm/least.yaml"
        if os.environ.get("UPDATE_GOLDEN"):
            golden.write_text(text)
        different = difflib.unified_diff(
            golden.read_text().splitlines(), text.splitlines(), "least.yaml", "rendered", lineterm=""
        )
        self.assertEqual("\n".join(different), "")

    def test_names_fit_whatever_the_release_is_called(self):
        for release, service in [
            ("demo", "demo-nsps-connector"),
            ("nsps-connector", "nsps-connector"),
            ("a.b", "a-b-nsps-connector"),
            ("x" * 53, "x" * 53),
        ]:
            found = objects(CHOICES["own token"], CHOICES["secret variables"], name=release)
            self.assertEqual(one_of_kind(found, "Service")["metadata"]["name"], service)
            for one in found:
                self.assertRegex(one["metadata"]["name"], r"^[a-z]([-a-z0-9]*[a-z0-9])?$")
                self.assertLessEqual(len(one["metadata"]["name"]), 63)


class Behaviour(unittest.TestCase):
    def test_the_pod_has_longer_to_end_than_delay_and_deadline(self):
        for deadline, delay, grace, seconds in [
            ("25s", "5s", "30s", 40),
            ("1m30s", "0", "2m", 125),
            ("250ms", "1ms", "1s500ms", 7),
            ("1h", "1h", "1h", 7205),
            ("08s", "09s", "010s", 24),
        ]:
            with self.subTest(f"{deadline} {delay} {grace}"):
                found = objects(
                    {"settings": {"eventDeadline": deadline, "shutdownDelay": delay, "shutdownGrace": grace}}
                )
                self.assertEqual(pod(found)["spec"]["terminationGracePeriodSeconds"], seconds)
        self.assertEqual(pod(objects(CHOICES["own grace"]))["spec"]["terminationGracePeriodSeconds"], 31)

    def test_secrets_are_in_secrets_alone(self):
        token, value = "token-of-nsps-1", "secret-of-target-2"
        layers = {"apiToken": {"existingSecret": "", "value": token}, "secrets": {"values": {"WTL_API_TOKEN": value}}}
        for watch in (True, False):
            rendered = render(merged(LEAST, layers, {"mappings": {"watch": watch}}))
            for path, text in rendered.items():
                for secret in (token, value):
                    for form in (secret, base64.b64encode(secret.encode()).decode()):
                        if path != "secret.yaml":
                            self.assertNotIn(form, text, path)
        found = of_kind(manifests(rendered), "Secret")
        kept = {key: base64.b64decode(text).decode() for one in found for key, text in one["data"].items()}
        self.assertEqual(kept, {"api-token": token, "WTL_API_TOKEN": value})

    def test_mappings_arrive_as_they_were_written(self):
        files = CHOICES["several mappings"]["mappings"]["files"]
        found = objects(CHOICES["several mappings"])
        self.assertEqual(one_of_kind(found, "ConfigMap")["data"], {"hss.yaml": files["hss.yaml"], **files})

    def test_variables_arrive_as_they_were_written(self):
        odd = CHOICES["variables"]["variables"]["ODD"]
        # Kubernetes replaces $(NAME), and writes $( for $$(.
        self.assertEqual(env(objects(CHOICES["variables"]))["ODD"].replace("$$(", "$("), odd)
        self.assertIn("$$(PATH)", env(objects(CHOICES["variables"]))["ODD"])

    def test_a_change_of_a_file_restarts_nothing_that_watches_it(self):
        def change(watch):
            before, after = (
                pod(objects({"mappings": {"watch": watch, "files": {"hss.yaml": text}}}))
                for text in ("a: 1\n", "a: 2\n")
            )
            return before != after

        self.assertFalse(change(watch=True))
        self.assertTrue(change(watch=False))
        self.assertEqual(container(objects())["args"], ["serve", "--watch"])
        self.assertEqual(container(objects(CHOICES["no watch"]))["args"], ["serve"])

    def test_a_change_of_a_secret_variable_restarts_the_pods(self):
        before, after = (pod(objects({"secrets": {"values": {"A": text}}})) for text in ("1", "2"))
        self.assertNotEqual(before, after)

    def test_every_file_is_in_the_one_volume_that_is_watched(self):
        found = objects(CHOICES["secret files"])
        (volume,) = pod(found)["spec"]["volumes"]
        paths = [
            item["path"]
            for source in volume["projected"]["sources"]
            for item in source.get("secret", {}).get("items", [])
        ]
        self.assertEqual(paths, ["secrets/api-token", "secrets/hss/tls.crt", "secrets/hss/tls.key"])
        (mount,) = container(found)["volumeMounts"]
        self.assertEqual(mount["mountPath"], env(found)["MAPPINGS"])
        self.assertEqual(env(found)["API_TOKEN_FILE"], mount["mountPath"] + "/secrets/api-token")

    def test_pods_have_no_privileges(self):
        found = objects()
        for spec in (pod(found)["spec"], one_of_kind(found, "Pod")["spec"]):
            self.assertFalse(spec["automountServiceAccountToken"])
            self.assertTrue(spec["securityContext"]["runAsNonRoot"])
            self.assertEqual(spec["securityContext"]["seccompProfile"], {"type": "RuntimeDefault"})
            limits = spec["containers"][0]["securityContext"]
            self.assertEqual(
                limits,
                {
                    "allowPrivilegeEscalation": False,
                    "privileged": False,
                    "readOnlyRootFilesystem": True,
                    "capabilities": {"drop": ["ALL"]},
                },
            )

    def test_a_large_number_stays_a_number(self):
        found = objects(CHOICES["OpenShift with numbers"])
        self.assertEqual(pod(found)["spec"]["securityContext"]["runAsUser"], 1000650000)
        self.assertEqual(env(objects(CHOICES["every setting"]))["MAX_IN_FLIGHT"], "1000000")

    def test_probes_ask_the_paths_that_need_no_token(self):
        paths = [
            container(objects())[f"{probe}Probe"]["httpGet"]["path"] for probe in ("startup", "liveness", "readiness")
        ]
        self.assertEqual(paths, ["/health", "/health", "/ready"])

    def test_with_a_certificate_everything_is_asked_by_https(self):
        found = objects(CHOICES["HTTPS"])
        (volume,) = pod(found)["spec"]["volumes"]
        (secret,) = [
            source["secret"]
            for source in volume["projected"]["sources"]
            if source.get("secret", {}).get("name") == "connector-tls"
        ]
        (mount,) = container(found)["volumeMounts"]
        paths = {item["key"]: f"{mount['mountPath']}/{item['path']}" for item in secret["items"]}
        self.assertEqual(paths, {"tls.crt": env(found)["TLS_CERT"], "tls.key": env(found)["TLS_KEY"]})
        for probe in ("startup", "liveness", "readiness"):
            self.assertEqual(container(found)[f"{probe}Probe"]["httpGet"]["scheme"], "HTTPS")
            self.assertEqual(container(objects())[f"{probe}Probe"]["httpGet"]["scheme"], "HTTP")
        self.assertNotIn("TLS_CERT", env(objects()))
        for protocol, one in [("https", found), ("http", objects())]:
            (port,) = one_of_kind(one, "Service")["spec"]["ports"]
            self.assertEqual(port["appProtocol"], protocol)
        asking = {one["name"]: one["value"] for one in one_of_kind(found, "Pod")["spec"]["containers"][0]["env"]}
        self.assertEqual(asking.keys(), {"LISTEN", "TLS_CERT"})
        self.assertEqual(asking["TLS_CERT"], env(found)["TLS_CERT"])

    def test_helm_test_asks_the_service_where_kubernetes_says_that_it_is(self):
        for choice, listen, asked in [
            ("defaults", "0.0.0.0:8080", "$(DEMO_NSPS_CONNECTOR_SERVICE_HOST):80"),
            ("IPv6", "[::]:8080", "[$(DEMO_NSPS_CONNECTOR_SERVICE_HOST)]:80"),
        ]:
            found = objects(CHOICES[choice])
            probe = one_of_kind(found, "Pod")
            self.assertEqual(env(found)["LISTEN"], listen)
            self.assertEqual(probe["metadata"]["annotations"]["helm.sh/hook"], "test")
            self.assertEqual(probe["spec"]["containers"][0]["env"], [{"name": "LISTEN", "value": asked}])

    def test_the_notes_say_where_events_go_and_warn_of_what_is_unwise(self):
        for choice, place, warned in [
            ("defaults", "http://demo-nsps-connector.prod.svc/,", False),
            ("ingress", "http://c.example.com/", True),
            ("ingress with all", "https://c.example.com/api/events", False),
            ("load balancer", "http://ADDRESS:8443/", True),
            ("node port", "http://NODE:PORT/", True),
            ("HTTPS", "https://demo-nsps-connector.prod.svc/,", False),
        ]:
            notes = render(merged(LEAST, CHOICES[choice]))["NOTES.txt"]
            self.assertIn(f"  {place}", notes)
            self.assertEqual("travel unencrypted" in notes, warned, choice)
        self.assertIn("existingSecret keeps it out", render(merged(LEAST, CHOICES["own token"]))["NOTES.txt"])


class Mistakes(unittest.TestCase):
    def test_a_mistake_in_the_values_is_refused_in_words_that_name_the_place(self):
        for values, *words in MISTAKES:
            with self.subTest(words[0]):
                said = refusal(merged(LEAST, values))
                self.assertIsNotNone(said, f"accepted: {values}")
                for word in words:
                    self.assertIn(word, said)

    def test_a_value_that_is_taken_away_is_missed_in_words_or_not_needed(self):
        for name in [*leaves(), *VALUES]:
            without = None
            for part in reversed(name.split(".")):
                without = {part: without}
            values = merged(LEAST, without)
            with self.subTest(name):
                try:
                    found = manifests(render(values))
                except helm.HelmError as error:
                    parts = name.split(".")
                    self.assertRegex(str(error), rf"missing property '{parts[-1]}'|{parts[0]}: ")
                else:
                    self.assertEqual([fault for one in found for fault in faults(one, VERSIONS[-1])], [])

    def test_a_token_that_is_none_is_refused_and_not_repeated(self):
        for token in ("two words", "with ü", "a,,b", ",a", "a\n\nb"):
            said = refusal(merged(LEAST, {"apiToken": {"existingSecret": "", "value": token}}))
            self.assertIn("apiToken.value: tokens have visible ASCII characters alone", said or "accepted")
            self.assertNotIn(token, said)
        for token in ("one", "one, two", "one\ntwo\n", "a+b/c=-.~"):
            self.assertIsNone(refusal(merged(LEAST, {"apiToken": {"existingSecret": "", "value": token}})), token)

    def test_defaults_alone_do_not_install(self):
        self.assertIn("apiToken: who may call?", refusal({}))
        token = {"apiToken": {"existingSecret": "nsps"}}
        self.assertIn("mappings: there is no mapping", refusal(token))
        tests_alone = {"mappings": {"files": {"hss.test.yaml": "tests: []"}}}
        self.assertIn(
            "mappings.files: there are tests (*.test.yaml) and no mapping", refusal(merged(token, tests_alone))
        )


class Documents(unittest.TestCase):
    def test_every_value_has_its_row_with_its_default_in_the_readme(self):
        rows = re.findall(r"^\| `([^`]+)` \| .+ \| (?:`(.*)`)? *\|$", (CHART / "README.md").read_text(), re.MULTILINE)
        self.assertEqual(sorted(name for name, _ in rows), sorted(leaves()))
        for name, default in rows:
            value = VALUES
            for part in name.split("."):
                value = value[part]
            self.assertEqual(yaml.safe_load(default or "null"), None if value == "" else value, name)

    def test_the_schema_knows_every_value_and_no_other(self):
        def known(schema, path=()):
            for key, part in schema["properties"].items():
                if part.get("properties") and len(path) < 1 and key not in WHOLE:
                    yield from known(part, (*path, key))
                else:
                    yield ".".join((*path, key)), part

        schema = dict(known(SCHEMA))
        self.assertEqual(set(schema) - {"global"}, set(leaves()))
        for name, part in schema.items():
            self.assertTrue(part.get("description"), name)

    def test_every_setting_of_the_connector_has_a_value(self):
        variables = set(re.findall(r"\[env: ([A-Z_]+)\]", ARGS)) - DECIDED
        in_chart = re.findall(r"^([A-Z_]+): ", (CHART / "templates/_settings.tpl").read_text(), re.MULTILINE)
        self.assertEqual(set(in_chart), variables)
        given = env(objects(CHOICES["every setting"]))
        self.assertLessEqual(variables, given.keys())
        self.assertEqual(
            (given["MAX_IN_FLIGHT"], given["MAX_BODY"], given["RATE_LIMIT"], given["TEST_ON_RELOAD"]),
            ("1000000", "65536", "1000000", "true"),
        )

    def test_durations_have_the_defaults_of_the_connector(self):
        for variable, value in [
            ("EVENT_DEADLINE", "eventDeadline"),
            ("SHUTDOWN_DELAY", "shutdownDelay"),
            ("SHUTDOWN_GRACE", "shutdownGrace"),
        ]:
            (default,) = re.findall(rf"\[env: {variable}\]\s+(?:///\s+)?\[default: (\w+)\]", ARGS)
            self.assertEqual(VALUES["settings"][value], default)

    def test_the_chart_installs_this_version_of_the_connector(self):
        (version,) = re.findall(r'^version = "(.+)"$', (ROOT / "Cargo.toml").read_text(), re.MULTILINE)
        self.assertEqual(yaml.safe_load((CHART / "Chart.yaml").read_text())["appVersion"], version)

    def test_the_example_of_the_readme_is_accepted_with_the_example_mapping(self):
        (example,) = re.findall(r"^```yaml\n(.*?)^```$", (CHART / "README.md").read_text(), re.MULTILINE | re.DOTALL)
        mapping = (ROOT / "mappings/wtl-hss.yaml").read_text()
        found = manifests(render(merged(yaml.safe_load(example), {"mappings": {"files": {"wtl-hss.yaml": mapping}}})))
        self.assertEqual(one_of_kind(found, "ConfigMap")["data"], {"wtl-hss.yaml": mapping})
        self.assertIn("WTL_API_TOKEN", env(found))


if __name__ == "__main__":
    unittest.main()
