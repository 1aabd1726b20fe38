"""The values that the chart is rendered with: each choice alone, all of them at once, and every two of a few together."""

import functools
import itertools

from chart import LEAST, merged

FILES = {
    "hss.yaml": "version: 1\n# ${NAME} and {{ template }}\n",
    "hss.test.yaml": "version: 1\r\ntests: []\n",
    "e.yaml": "description: '\"quoted\": ü'",
}

# Each with its name; every one is laid over LEAST.
CHOICES = {
    "defaults": {},
    "own token": {"apiToken": {"existingSecret": "", "value": "first-token,second-token"}},
    "own token under another key": {"apiToken": {"existingSecret": "", "value": "first-token", "key": "tokens.txt"}},
    "existing mappings": {"mappings": {"files": None, "existingConfigMap": "mine"}},
    "several mappings": {"mappings": {"files": FILES}},
    "no watch": {"mappings": {"watch": False}},
    "variables": {
        "variables": {"WTL_API_URL": "https://hss.example/", "EMPTY": "", "ODD": 'a"b\\c\n$(PATH) ${x} {{ y }} ü: #'}
    },
    "secret variables": {
        "secrets": {
            "values": {"WTL_API_TOKEN": "s3cr3t", "ODD": '"quoted"\n'},
            "from": {"KEY": {"name": "wtl", "key": "a.key"}},
            "existing": ["more", "still.more"],
        }
    },
    "secret files": {
        "secrets": {
            "files": [
                {
                    "name": "certificate",
                    "items": [{"key": "tls.crt", "path": "hss/tls.crt"}, {"key": "tls.key", "path": "hss/tls.key"}],
                }
            ]
        }
    },
    "every setting": {
        "settings": {
            "eventDeadline": "1m30s",
            "shutdownDelay": "0",
            "shutdownGrace": "2m",
            "eventPaths": "/, /api/events",
            "maxBody": 65536,
            "maxInFlight": 1000000,
            "maxInFlightBytes": "128MiB",
            "rateLimit": 1000000,
            "logLevel": "debug",
            "logIdentifiers": "full",
            "workers": "cores",
            "testOnReload": True,
        },
        "tls": {"existingSecret": "connector-tls"},
    },
    "HTTPS": {"tls": {"existingSecret": "connector-tls"}, "service": {"port": 443}},
    "rate in a minute": {"settings": {"rateLimit": "600/m"}},
    "node port": {"service": {"type": "NodePort", "nodePort": 30080, "annotations": {"a": "b"}}},
    "load balancer": {
        "service": {"type": "LoadBalancer", "port": 8443, "loadBalancerSourceRanges": ["203.0.113.7/32"]}
    },
    "IPv6": {"service": {"ipFamilies": ["IPv6", "IPv4"], "ipFamilyPolicy": "RequireDualStack"}},
    "ingress": {"ingress": {"enabled": True, "hosts": [{"host": "c.example.com"}]}},
    "ingress with all": {
        "ingress": {
            "enabled": True,
            "className": "nginx",
            "annotations": {"cert-manager.io/issuer": "le"},
            "hosts": [
                {"host": "c.example.com", "paths": [{"path": "/api/events", "pathType": "Exact"}, {"path": "/x"}]},
                {"host": "*.example.org"},
            ],
            "tls": [{"secretName": "tls", "hosts": ["c.example.com"]}],
        }
    },
    "autoscaling": {"autoscaling": {"enabled": True}},
    "autoscaling by memory": {
        "autoscaling": {
            "enabled": True,
            "targetCPU": None,
            "targetMemory": 80,
            "minReplicas": 1,
            "behavior": {"scaleDown": {"stabilizationWindowSeconds": 300}},
        }
    },
    "no budget": {"podDisruptionBudget": {"enabled": False}},
    "budget in percent": {"podDisruptionBudget": {"maxUnavailable": None, "minAvailable": "50%"}},
    "budget of none": {"podDisruptionBudget": {"maxUnavailable": None, "minAvailable": 0}},
    "no network policy": {"networkPolicy": {"enabled": False}},
    "narrow network policy": {
        "networkPolicy": {
            "from": [{"namespaceSelector": {"matchLabels": {"a": "b"}}}],
            "egress": [{"to": [{"ipBlock": {"cidr": "10.0.0.0/8"}}], "ports": [{"port": 443, "protocol": "TCP"}]}],
        }
    },
    "another image": {
        "image": {
            "repository": "registry.example.com:5000/a/nsps-connector",
            "tag": "1.2.3-rc.1",
            "pullPolicy": "Always",
        },
        "imagePullSecrets": [{"name": "registry"}],
    },
    "image by digest": {"image": {"digest": "sha256:" + "0a" * 32}},
    "placing": {
        "nodeSelector": {"disk": "ssd"},
        "tolerations": [{"key": "a", "operator": "Exists"}],
        "affinity": {
            "nodeAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": {
                    "nodeSelectorTerms": [{"matchExpressions": [{"key": "zone", "operator": "In", "values": ["a"]}]}]
                }
            }
        },
        "priorityClassName": "high",
        "topologySpreadConstraints": [
            {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {}}
        ],
        "hostAliases": [{"ip": "10.0.0.7", "hostnames": ["hss.internal"]}],
    },
    "labels": {
        "labels": {"team": "core", "app.kubernetes.io/name": "stolen", "app.kubernetes.io/part-of": "nsps"},
        "podLabels": {"app.kubernetes.io/instance": "stolen", "sidecar": "yes"},
        "podAnnotations": {"a/b": "c"},
    },
    "other names": {"nameOverride": "link", "fullnameOverride": "x" * 53},
    "other account": {"serviceAccount": {"create": False, "name": "mine", "annotations": {}}},
    "annotated account": {"serviceAccount": {"name": "mine", "annotations": {"eks.amazonaws.com/role-arn": "arn:x"}}},
    "own grace": {"terminationGracePeriodSeconds": 31},
    "recreate": {"strategy": {"type": "Recreate"}, "replicas": 1},
    "OpenShift": {"podSecurityContext": {"runAsUser": None, "runAsGroup": None, "fsGroup": None}},
    "OpenShift with numbers": {"podSecurityContext": {"runAsUser": 1000650000, "fsGroup": 1000650000}},
    "more probes": {"probes": {"readiness": {"initialDelaySeconds": 1, "successThreshold": 2}}},
    "no resources": {"resources": {"requests": None, "limits": None}},
}

# Choices that meet in one template: of each row one holds at a time.
ROWS = [
    ["defaults", "own token"],
    ["several mappings", "existing mappings", "no watch"],
    ["defaults", "secret variables", "secret files"],
    ["defaults", "load balancer", "IPv6", "HTTPS"],
    ["defaults", "ingress", "ingress with all"],
    ["defaults", "autoscaling", "autoscaling by memory"],
    ["defaults", "narrow network policy", "no network policy"],
    ["defaults", "labels", "other names"],
    ["defaults", "no budget", "budget in percent"],
]


def pairs(names):
    return set(itertools.combinations(enumerate(names), 2))


def met(missing, names, row, choice):
    """How many of the missing pairs a choice of that row makes with those that are chosen already."""
    return sum(tuple(sorted([(row, choice), other])) in missing for other in names.items())


def combinations():
    """Few combinations, in which each two choices of different rows are together at least once."""
    missing = set().union(*(pairs(names) for names in itertools.product(*ROWS)))
    while missing:
        names = dict(min(missing))
        for row, choices in enumerate(ROWS):
            if row not in names:
                names[row] = max(choices, key=functools.partial(met, missing, names, row))
        names = [names[row] for row in range(len(ROWS))]
        missing -= pairs(names)
        yield names


@functools.cache
def matrix():
    """Names and values."""
    alone = [(name, merged(LEAST, choice)) for name, choice in CHOICES.items()]
    together = [
        (
            ", ".join(name for name in names if name != "defaults"),
            merged(LEAST, *(CHOICES[name] for name in names)),
        )
        for names in combinations()
    ]
    return alone + together
