// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.20;

import {ILightClient} from "../core/client/ILightClient.sol";
import {ILightClientErrors} from "../core/client/ILightClientErrors.sol";
import {Height, HeightLib} from "../core/types/Height.sol";
import {AVRValidator} from "./AVRValidator.sol";
import {Client, EnclaveSignatures} from "./EnclaveSignatures.sol";
import {LCPCodec} from "./LCPCodec.sol";
import {LCPMessages} from "./LCPMessages.sol";
import {LCPProtoMarshaler} from "./LCPProtoMarshaler.sol";
import {
    EnclaveKey,
    LCPClientState,
    LCPConsensusState,
    RegisterEnclaveKeyMessage,
    UpdateClientMessage,
    UpdateOperatorsMessage
} from "./LCPTypes.sol";
import {Operators} from "./Operators.sol";
import {
    CommitmentProofs,
    HeaderedMessage,
    MisbehaviourMessage,
    ProxyMessages,
    UpdateStateMessage,
    VerifyMembershipMessage
} from "./ProxyMessages.sol";
import {Report} from "./Report.sol";
import {RsaKey} from "./RsaPkcs1.sol";

/// Light client of whatever chain an LCP enclave follows: it believes what a registered enclave key
/// signed, and registers a key when a report of the attestation service ties it to the enclave that
/// the client was made for.
///
/// Stricter than lcp-solidity in three points: a frozen client verifies nothing, RSA padding is
/// checked in full, and a second state for a stored height freezes the client instead of reverting.
contract LCPClientIAS is ILightClient, ILightClientErrors, EnclaveSignatures {
    using HeightLib for Height;

    /// What a proof has to show: hashes of prefix, path and value; a zero value is absence.
    struct Claim {
        uint128 height;
        bytes32 prefix;
        bytes32 path;
        bytes32 value;
    }

    uint256 private constant NANOSECONDS = 1e9;

    address private immutable HANDLER;
    bool private immutable DEVELOPMENT;
    uint64 private immutable ROOT_NOT_AFTER;
    RsaKey private _rootKey;
    mapping(string => Client) private _clients;

    /// `developmentMode_` admits debug enclaves, and only those.
    constructor(address ibcHandler_, bool developmentMode_, bytes memory rootCACert) {
        if (ibcHandler_ == address(0)) revert LCPClientBaseInvalidConstructorParams();
        HANDLER = ibcHandler_;
        DEVELOPMENT = developmentMode_;
        (_rootKey, ROOT_NOT_AFTER) = AVRValidator.verifyRootCACert(rootCACert);
    }

    // --- client messages -----------------------------------------------------------------------

    function initializeClient(
        string calldata clientId,
        bytes calldata protoClientState,
        bytes calldata protoConsensusState
    ) external returns (Height memory) {
        if (msg.sender != HANDLER) revert LightClientInvalidCaller(msg.sender);
        LCPClientState memory state = LCPProtoMarshaler.clientState(protoClientState);
        LCPProtoMarshaler.requireEmptyConsensusState(protoConsensusState);
        _requireFresh(state);
        _clients[clientId].state = state;
        return Height(0, 0);
    }

    function routeUpdateClient(string calldata clientId, bytes calldata protoClientMessage)
        external
        pure
        returns (bytes4 selector, bytes memory args)
    {
        bytes32 kind;
        (kind, args) = LCPMessages.route(clientId, protoClientMessage);
        if (kind == LCPMessages.UPDATE_CLIENT) selector = this.updateClient.selector;
        else if (kind == LCPMessages.REGISTER_ENCLAVE_KEY) selector = this.registerEnclaveKey.selector;
        else selector = this.updateOperators.selector;
    }

    function updateClient(string calldata clientId, UpdateClientMessage calldata message)
        external
        returns (Height[] memory heights)
    {
        Client storage client = _active(clientId);
        _requireSigned(client, keccak256(message.proxy_message), message.signatures);
        HeaderedMessage memory headered = abi.decode(message.proxy_message, (HeaderedMessage));
        if (headered.header == ProxyMessages.UPDATE_STATE) {
            return _updateState(client, abi.decode(headered.message, (UpdateStateMessage)));
        }
        if (headered.header != ProxyMessages.MISBEHAVIOUR) {
            revert LCPClientUnknownProxyMessageHeader();
        }
        _submitMisbehaviour(client, abi.decode(headered.message, (MisbehaviourMessage)));
    }

    function registerEnclaveKey(string calldata clientId, RegisterEnclaveKeyMessage calldata message)
        external
        returns (Height[] memory heights)
    {
        Client storage client = _client(clientId);
        Report memory report = _verifiedReport(client.state, message);
        address operator;
        if (message.operator_signature.length != 0) {
            operator = _recover(Operators.registrationDigest(message.report), message.operator_signature);
        }
        if (report.quote.operator != address(0) && report.quote.operator != operator) {
            revert LCPClientAVRUnexpectedOperator(operator, report.quote.operator);
        }
        uint64 expiredAt = report.time + client.state.keyExpiration;
        if (expiredAt <= block.timestamp) revert LCPClientAVRAlreadyExpired();
        EnclaveKey storage known = client.enclaveKeys[report.quote.enclaveKey];
        if (known.expiredAt == 0) {
            client.enclaveKeys[report.quote.enclaveKey] = EnclaveKey(expiredAt, operator);
            emit RegisteredEnclaveKey(clientId, report.quote.enclaveKey, expiredAt, operator);
        } else if (known.operator != operator) {
            revert LCPClientEnclaveKeyUnexpectedOperator(known.operator, operator);
        } else if (known.expiredAt != expiredAt) {
            revert LCPClientEnclaveKeyUnexpectedExpiredAt();
        }
        return heights;
    }

    function updateOperators(string calldata clientId, UpdateOperatorsMessage calldata message)
        external
        returns (Height[] memory heights)
    {
        LCPClientState storage state = _client(clientId).state;
        if (state.operators.length == 0) revert LCPClientUpdateOperatorsPermissionless();
        if (message.nonce != state.operatorsNonce + 1) {
            revert LCPClientClientStateUnexpectedOperatorsNonce(state.operatorsNonce + 1);
        }
        address[] memory operators = _addresses(message.new_operators);
        uint64 numerator = message.new_operators_threshold_numerator;
        uint64 denominator = message.new_operators_threshold_denominator;
        Operators.requireThreshold(type(uint256).max, numerator, denominator);
        Operators.requireOrdered(operators);
        _requireOperators(
            state,
            Operators.updateDigest(clientId, message.nonce, operators, numerator, denominator),
            message.signatures
        );
        state.operators = operators;
        state.operatorsNonce = message.nonce;
        state.thresholdNumerator = numerator;
        state.thresholdDenominator = denominator;
        return heights;
    }

    // --- proofs --------------------------------------------------------------------------------

    function verifyMembership(
        string calldata clientId,
        Height calldata height,
        uint64,
        uint64,
        bytes calldata proof,
        bytes memory prefix,
        bytes memory path,
        bytes calldata value
    ) public view returns (bool) {
        Claim memory claim = _claim(height, prefix, path);
        claim.value = keccak256(value);
        return _verify(clientId, proof, claim);
    }

    function verifyNonMembership(
        string calldata clientId,
        Height calldata height,
        uint64,
        uint64,
        bytes calldata proof,
        bytes memory prefix,
        bytes memory path
    ) public view returns (bool) {
        return _verify(clientId, proof, _claim(height, prefix, path));
    }

    // --- views ---------------------------------------------------------------------------------

    function isDevelopmentMode() external view returns (bool) {
        return DEVELOPMENT;
    }

    function getTimestampAtHeight(string calldata clientId, Height calldata height)
        external
        view
        returns (uint64 timestamp)
    {
        timestamp = _clients[clientId].consensusStates[height.pack()].timestamp;
        if (timestamp == 0) revert LCPClientConsensusStateNotFound();
    }

    function getLatestHeight(string calldata clientId) external view returns (Height memory) {
        uint128 latest = _clients[clientId].state.latestHeight;
        if (latest == 0) revert LCPClientClientStateNotFound();
        return HeightLib.unpack(latest);
    }

    function getStatus(string calldata clientId) external view returns (ClientStatus) {
        return _status(_clients[clientId]);
    }

    function getLatestInfo(string calldata clientId)
        external
        view
        returns (Height memory, uint64, ClientStatus)
    {
        Client storage client = _clients[clientId];
        uint128 latest = client.state.latestHeight;
        return (
            HeightLib.unpack(latest), client.consensusStates[latest].timestamp, _status(client)
        );
    }

    function getClientState(string calldata clientId) external view returns (bytes memory, bool) {
        LCPClientState storage state = _clients[clientId].state;
        if (state.keyExpiration == 0) return ("", false);
        return (LCPCodec.encode(state), true);
    }

    function getConsensusState(string calldata clientId, Height calldata height)
        external
        view
        returns (bytes memory consensusState, bool found)
    {
        LCPConsensusState memory state = _clients[clientId].consensusStates[height.pack()];
        if (state.timestamp == 0) return ("", false);
        return (LCPCodec.encode(state), true);
    }

    // --- states --------------------------------------------------------------------------------

    function _updateState(Client storage client, UpdateStateMessage memory update)
        private
        returns (Height[] memory heights)
    {
        LCPClientState storage state = client.state;
        uint128 latest = state.latestHeight;
        if (latest == 0) {
            if (update.emittedStates.length == 0) revert LCPClientUpdateStateEmittedStatesMustNotEmpty();
        } else {
            _requireStored(client, update.prevHeight, update.prevStateId);
        }
        ProxyMessages.requireValid(update.context, block.timestamp * NANOSECONDS);
        _requireState(update);
        uint128 post = update.postHeight.pack();
        LCPConsensusState memory known = client.consensusStates[post];
        LCPConsensusState memory new_ =
            LCPConsensusState(update.postStateId, uint64(update.timestamp));
        if (known.stateId != bytes32(0)) {
            // Two truths for one height: nothing of this enclave is believed any more.
            if (known.stateId != new_.stateId || known.timestamp != new_.timestamp) state.frozen = true;
            return heights;
        }
        client.consensusStates[post] = new_;
        if (latest < post) state.latestHeight = post;
        heights = new Height[](1);
        heights[0] = update.postHeight;
    }

    function _requireState(UpdateStateMessage memory update) private pure {
        if (update.postHeight.isZero()) revert LCPClientClientStateInvalidLatestHeight();
        if (update.postStateId == bytes32(0)) revert LCPClientConsensusStateInvalidStateId();
        if (update.timestamp == 0 || update.timestamp > type(uint64).max) {
            revert LCPClientConsensusStateInvalidTimestamp();
        }
    }

    function _submitMisbehaviour(Client storage client, MisbehaviourMessage memory message) private {
        if (message.prevStates.length == 0) revert LCPClientMisbehaviourPrevStatesMustNotEmpty();
        for (uint256 i; i < message.prevStates.length; ++i) {
            _requireStored(client, message.prevStates[i].height, message.prevStates[i].stateId);
        }
        ProxyMessages.requireValid(message.context, block.timestamp * NANOSECONDS);
        client.state.frozen = true;
    }

    function _requireStored(Client storage client, Height memory height, bytes32 stateId) private view {
        if (stateId == bytes32(0)) revert LCPClientUpdateStatePrevStateIdMustNotEmpty();
        if (client.consensusStates[height.pack()].stateId != stateId) {
            revert LCPClientUpdateStateUnexpectedPrevStateId();
        }
    }

    function _requireFresh(LCPClientState memory state) private pure {
        if (state.latestHeight != 0) revert LCPClientClientStateInvalidLatestHeight();
        if (state.frozen) revert LCPClientClientStateFrozen();
        if (state.mrenclave == bytes32(0)) revert LCPClientClientStateInvalidMrenclaveLength();
        if (state.keyExpiration == 0) revert LCPClientClientStateInvalidKeyExpiration();
        if (state.operatorsNonce != 0) revert LCPClientClientStateInvalidOperatorsNonce();
        Operators.requireThreshold(
            state.operators.length, state.thresholdNumerator, state.thresholdDenominator
        );
        Operators.requireOrdered(state.operators);
        if (_hasEmpty(state.allowedQuoteStatuses)) {
            revert LCPClientClientStateInvalidAllowedQuoteStatus();
        }
        if (_hasEmpty(state.allowedAdvisoryIds)) revert LCPClientClientStateInvalidAllowedAdvisoryId();
    }

    // --- attestation ---------------------------------------------------------------------------

    function _verifiedReport(LCPClientState storage state, RegisterEnclaveKeyMessage calldata message)
        private
        view
        returns (Report memory report)
    {
        if (ROOT_NOT_AFTER <= block.timestamp) revert LCPClientIASRootCertExpired();
        report = AVRValidator.verifyReport(
            _rootKey, message.report, message.signature, message.signing_cert
        );
        if (report.quote.mrenclave != state.mrenclave) revert LCPClientClientStateUnexpectedMrenclave();
        if (report.quote.debug != DEVELOPMENT) revert LCPClientAVRUnexpectedDebugMode(report.quote.debug);
        _requireAllowed(state, report);
    }

    /// A platform that isn't up to date counts only where status and each advisory are listed.
    function _requireAllowed(LCPClientState storage state, Report memory report) private view {
        if (_same(report.status, "OK")) return;
        if (!_contains(state.allowedQuoteStatuses, report.status)) {
            revert LCPClientAVRDisallowedQuoteStatus(report.status);
        }
        for (uint256 i; i < report.advisories.length; ++i) {
            if (!_contains(state.allowedAdvisoryIds, report.advisories[i])) {
                revert LCPClientAVRDisallowedAdvisory(report.advisories[i]);
            }
        }
    }

    // --- claims and clients --------------------------------------------------------------------

    function _claim(Height calldata height, bytes memory prefix, bytes memory path)
        private
        pure
        returns (Claim memory)
    {
        return Claim(height.pack(), keccak256(prefix), keccak256(path), bytes32(0));
    }

    function _verify(string calldata clientId, bytes calldata proof, Claim memory claim)
        private
        view
        returns (bool)
    {
        Client storage client = _active(clientId);
        (CommitmentProofs memory proofs, VerifyMembershipMessage memory message) =
            ProxyMessages.proofs(proof);
        uint128 height = message.height.pack();
        bytes32 stateId = client.consensusStates[height].stateId;
        if (stateId == bytes32(0)) revert LCPClientConsensusStateNotFound();
        if (height != claim.height) revert LCPClientMembershipVerificationInvalidHeight();
        if (keccak256(message.prefix) != claim.prefix) {
            revert LCPClientMembershipVerificationInvalidPrefix();
        }
        if (keccak256(message.path) != claim.path) revert LCPClientMembershipVerificationInvalidPath();
        if (message.stateId != stateId) revert LCPClientMembershipVerificationInvalidStateId();
        if (message.value != claim.value) revert LCPClientMembershipVerificationInvalidValue();
        _requireSigned(client, keccak256(proofs.message), proofs.signatures);
        return true;
    }

    function _client(string calldata clientId) private view returns (Client storage client) {
        client = _clients[clientId];
        if (client.state.keyExpiration == 0) revert LCPClientClientStateNotFound();
    }

    function _active(string calldata clientId) private view returns (Client storage client) {
        client = _client(clientId);
        if (client.state.frozen) revert LCPClientClientStateFrozen();
    }

    function _status(Client storage client) private view returns (ClientStatus) {
        return client.state.frozen ? ClientStatus.Frozen : ClientStatus.Active;
    }

    function _addresses(bytes[] calldata values) private pure returns (address[] memory found) {
        found = new address[](values.length);
        for (uint256 i; i < values.length; ++i) {
            if (values[i].length != 20) revert LCPClientClientStateInvalidOperatorAddressLength();
            found[i] = address(bytes20(values[i]));
        }
    }

    function _hasEmpty(string[] memory values) private pure returns (bool) {
        for (uint256 i; i < values.length; ++i) {
            if (bytes(values[i]).length == 0) return true;
        }
        return false;
    }

    function _contains(string[] storage values, string memory wanted) private view returns (bool) {
        for (uint256 i; i < values.length; ++i) {
            if (_same(values[i], wanted)) return true;
        }
        return false;
    }

    function _same(string memory left, string memory right) private pure returns (bool) {
        return keccak256(bytes(left)) == keccak256(bytes(right));
    }
}
