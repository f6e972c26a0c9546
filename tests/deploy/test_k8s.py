"""The values for Kubernetes, against the chart's names and types, Kubernetes' own models, and Dagster's launcher."""

import re

import jsonschema
import kubernetes.client as k8s
import pytest
import yaml
from dagster._config import process_config, resolve_to_config_type
from dagster_k8s.job import DagsterK8sJobConfig, UserDefinedDagsterK8sConfig, construct_dagster_k8s_job
from dagster_k8s.launcher import K8sRunLauncher
from dagster_k8s.models import k8s_model_from_dict, k8s_snake_case_dict

from orchestration.automation.executors import executor_of
from orchestration.settings import Settings

from ..conftest import REPOSITORY

VALUES_FILE = REPOSITORY / "deploy" / "k8s" / "values.yaml"
VALUES = yaml.safe_load(VALUES_FILE.read_text())
SCHEMA = yaml.safe_load((REPOSITORY / "tests" / "deploy" / "values.schema.yaml").read_text())
(CODE,) = VALUES["dagster-user-deployments"]["deployments"]
DAEMON, WEBSERVER = VALUES["dagsterDaemon"], VALUES["dagsterWebserver"]
LAUNCHER = VALUES["runLauncher"]["config"]["k8sRunLauncher"]
MODELS = {
    "volumes": k8s.V1Volume,
    "volumeMounts": k8s.V1VolumeMount,
    "envSecrets": k8s.V1SecretEnvSource,
    "podSecurityContext": k8s.V1PodSecurityContext,
    "securityContext": k8s.V1SecurityContext,
    "resources": k8s.V1ResourceRequirements,
}


def test_the_values_are_what_the_chart_takes():
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    jsonschema.validate(VALUES, SCHEMA)


@pytest.mark.parametrize("wrong", [{"telemtry": {}}, {"telemetry": {"enabled": "no"}}], ids=["name", "type"])
def test_a_value_that_the_chart_does_not_take_is_found(wrong):
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(VALUES | wrong, SCHEMA)


@pytest.mark.parametrize(
    "part", [CODE, DAEMON, WEBSERVER, LAUNCHER], ids=["code", "daemon", "web", "launcher"]
)
def test_kubernetes_takes_them_and_nothing_runs_as_root(part):
    for name, model in MODELS.items():
        values = part.get(name, [])
        for value in values if isinstance(values, list) else [values]:
            k8s_model_from_dict(model, k8s_snake_case_dict(model, value))
    pod = part.get("podSecurityContext") or part["runK8sConfig"]["podSpecConfig"]["securityContext"]
    assert pod["runAsNonRoot"] is True
    assert pod["runAsUser"] == 10001
    assert part["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert part["securityContext"]["readOnlyRootFilesystem"] is True


def test_the_job_of_a_run_is_bounded_and_unprivileged():
    """The manifest that Dagster's launcher makes of them, without a cluster."""
    config = snake(LAUNCHER) | {
        "run_k8s_config": snake(LAUNCHER["runK8sConfig"]),
        "service_account_name": "dagster",
        "instance_config_map": "instance",
        "dagster_home": VALUES["global"]["dagsterHome"],
    }
    checked = process_config(resolve_to_config_type(K8sRunLauncher.config_type()), config)
    assert checked.success, checked.errors
    job = construct_dagster_k8s_job(
        DagsterK8sJobConfig(
            job_image="skillsbank:1",
            dagster_home=config["dagster_home"],
            security_context=k8s_snake_case_dict(k8s.V1SecurityContext, config["security_context"]),
            resources=config["resources"],
            env_secrets=[one["name"] for one in CODE["envSecrets"]],
            env_vars=[f"{name}={value}" for name, value in CODE["env"].items()],
            volumes=[k8s_snake_case_dict(k8s.V1Volume, one) for one in CODE["volumes"]],
            volume_mounts=[k8s_snake_case_dict(k8s.V1VolumeMount, one) for one in CODE["volumeMounts"]],
        ),
        ["dagster", "api", "execute_run"],
        "run",
        UserDefinedDagsterK8sConfig.from_dict(config["run_k8s_config"]),
    )
    assert job.spec.active_deadline_seconds == 14400
    assert job.spec.backoff_limit == 0
    pod = job.spec.template.spec
    (container,) = pod.containers
    assert pod.security_context.run_as_non_root
    assert container.security_context.read_only_root_filesystem
    claims = {one.name: one.persistent_volume_claim for one in pod.volumes}
    assert claims["data"].claim_name == "skillsbank-data"
    assert {one.mount_path for one in container.volume_mounts} >= {"/srv/skillsbank", "/tmp"}
    assert [one.secret_ref.name for one in container.env_from] == ["skillsbank-pipeline"]


def test_no_secret_stands_in_the_values_and_nothing_reports_home():
    assert not re.search(r"(?i)password: |token: |://[^/\s]*@", VALUES_FILE.read_text())
    assert VALUES["telemetry"] == {"enabled": False}


def test_the_setting_in_the_values_gives_kubernetes_executor(tmp_path):
    settings = Settings(data=tmp_path, executor=CODE["env"]["SKILLSBANK_EXECUTOR"])
    assert executor_of(settings).name == "k8s"


def snake(values):
    """The names as Dagster's instance file has them, which the chart makes of its own."""
    return {re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower(): value for name, value in values.items()}
